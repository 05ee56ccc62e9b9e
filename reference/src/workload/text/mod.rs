//! The text form of a workload: printing and parsing.
//!
//! ```text
//! file      = "kvspec workload 1" header* step*          one line each; "#" starts a comment
//! header    = "profile" NAME | "sessions" N
//! step      = N "get" name name | N "exists" name name | N "delete" name name
//!           | N "set" name name value | N "reopen" name | "wait" duration | "quiesce"
//!           | N "get" name name streamed | N "set" name name value streamed
//!           | N "increment" name name ["-"] N | N "list" name ["page" N]
//!           | N "cas-new" handle name name | N "cas-current" handle | N "swap" handle value
//!           | N "get-many" name keys* | N "delete-many" name keys* | N "set-many" name (keys value)*
//! keys      = name | name "[" N ".." N "]"               k[0..3] is k0000, k0001 and k0002
//! handle    = a bare word
//! streamed  = "streamed" (N | "flush")* ["dropped"]      pieces of N bytes; then the rest, or nothing
//! name      = a bare word of letters, digits, "_", "-", "." | quoted
//! value     = quoted | "stamp(" session "." operation length ")" | "repeat(" quoted N ")"
//!           | ("zlib(" | "gzip(") quoted [N] ")"         a whole stream, of the quoted N times
//! quoted    = '"' with the escapes \n \r \t \0 \\ \" \' \xNN (a byte) \u{…} (a code point) '"'
//! duration  = N ("ns" | "us" | "ms" | "s")
//! ```

mod call;
mod error;
mod file;
mod line;
mod parse;
mod print;

pub use error::ParseError;
pub use file::{FIRST_LINE, WorkloadFile};
pub use parse::parse;

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "kvspec workload 1
profile eventual@0.1.0
sessions 2

0 set b k stamp(0.1 64)
1 get b k
0 delete b \"a key\\n\\u{e9}\"
1 reopen b
0 set b \"\" \"\\x00\\xff\\\"\"
0 set b z repeat(\"a\" 100)
0 increment b n -5
1 cas-new h b k
1 cas-current h
1 swap h \"w\"
0 list b
0 list b page 2
1 set-many b a \"v\" k[0..1201] stamp(1.7 40) \"a key\" zlib(\"zzz\")
1 get-many b a k[0..1201]
1 get-many b
0 delete-many b \"a key\" k[3..4]
0 set b z gzip(\"a\" 40)
0 set b z \"abc\" streamed 1 flush 0 dropped
0 get b z streamed 2
0 get b z streamed
wait 500ms
1 exists b k
quiesce
";

    #[test]
    fn the_text_form_comes_back_the_same() {
        let file = parse(EXAMPLE).unwrap();
        assert_eq!(file.workload.steps.len(), 23);
        assert_eq!(file.to_string(), EXAMPLE);
        assert_eq!(parse(&file.to_string()).unwrap(), file);
        let shown = parse(&format!("{:?}", file.workload)).unwrap();
        assert_eq!(shown.workload, file.workload, "the debug form is the text form");
        assert_eq!(parse(&format!("\u{feff}{EXAMPLE}")).unwrap(), file);
    }

    #[test]
    fn faults_are_named_with_their_place() {
        let start = "kvspec workload 1\nsessions 1\n";
        for (line, column, message) in [
            ("0 put b k", 3, "unknown operation"),
            ("1 get b k", 1, "not among the 1 declared"),
            ("0 get b", 8, "expected a key"),
            ("0 get b k extra", 11, "unexpected text"),
            ("0 set b a//b \"v\"", 9, "quote a name with other characters than letters, digits, _ - .: \"a//b\""),
            ("0 get b /k", 9, "quote a name"),
            ("0 set b k \"abc", 11, "not closed"),
            ("0 set b k \"\\q\"", 12, "unknown escape"),
            ("0 set b k \"\\xg0\"", 12, "two hexadecimal"),
            ("0 set b k \"\\u{d800}\"", 12, "code point"),
            ("0 set b k repeat(\"ab\" 99999999999)", 11, "at most"),
            ("0 get b k streamed x", 20, "a number of bytes"),
            ("0 get b k streamed dropped 1", 28, "unexpected text"),
            ("0 increment b k x", 17, "what is added"),
            ("0 increment b k 9223372036854775808", 17, "64 bits and a sign"),
            ("0 swap \"h\" \"v\"", 8, "the name of a handle"),
            ("0 list b page", 14, "how many pages"),
            ("0 list b page 0", 10, "at least one page"),
            ("0 list b pages 1", 10, "\"page\""),
            ("0 get-many b k[0..99999]", 14, "at most 20000 keys"),
            ("0 get-many b k[0-9]", 17, "expected \".\""),
            ("0 set-many b k", 15, "a value"),
            ("0 set b k lzma(\"a\")", 11, "zlib"),
            ("wait 5h", 6, "unit"),
            ("0 set b k \"\\x+f\"", 12, "two hexadecimal"),
            ("0 set b k stamp(70000.1 9)", 17, "too large"),
            ("wait 18446744073709551615ns", 1, "at most a year"),
            ("wait 9999999999999999999999s", 6, "too large"),
            ("99999 get b k", 1, "1 to 1024 sessions"),
            ("profile", 8, "the name of a profile"),
            ("zzz", 1, "expected a step"),
            ("sessions 1", 1, "given twice"),
        ] {
            let error = parse(&format!("{start}{line}\n")).unwrap_err();
            assert_eq!((error.line, error.column), (3, column), "{line}: {error}");
            assert!(error.message.contains(message), "{line}: {error}");
        }
        let values = "0 set b k repeat(\"a\" 67108864)\n".repeat(5);
        let error = parse(&format!("{start}{values}")).unwrap_err();
        assert_eq!((error.line, error.message.contains("all values")), (7, true), "{error}");
        let twice = parse("kvspec workload 1\nprofile a # first\nprofile b\n").unwrap_err();
        assert_eq!((twice.line, twice.message.contains("given twice")), (3, true), "{twice}");
        assert_eq!(parse("kvspec workload 1\nprofile a # first\nsessions 1\n").unwrap().profile, "a");
        assert!(parse("hello").unwrap_err().message.contains("begins with the line"));
        assert!(parse("kvspec workload 1\n").unwrap_err().message.contains("sessions"));
    }
}
