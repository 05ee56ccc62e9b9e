use super::*;
use kvspec_reference::history::ClockUnit;

fn syntax_of(text: &str) -> Syntax {
    if text.contains("{\"") { Syntax::Json } else { Syntax::Edn }
}

fn recorded(text: &str) -> Recorded {
    read(text.as_bytes(), syntax_of(text), None).unwrap_or_else(|error| panic!("{error:?}: {text}"))
}

fn lines_of(text: &str) -> Vec<String> {
    let history = recorded(text).history;
    (0..history.records().len()).map(|i| history.operation_text(i)).collect()
}

fn fault_of(text: &str) -> String {
    match read(text.as_bytes(), syntax_of(text), None) {
        Err(ReadError::Fault(fault)) => fault.to_string(),
        other => panic!("refused, not {other:?}"),
    }
}

const EVENTS: &str = "{:process 0, :type :invoke, :f :write, :value 3}
{:process :nemesis, :type :info, :f :start, :value {:n1 #{:n2}}} ; noise
#jepsen.history.Op{:index 2, :process 1, :type :invoke, :f :read, :value nil}
{:process 1, :type :ok, :f :read, :value nil}
{:process 0,
 :type :info,
 :f :write, :value 3, :error [:timeout 1.5]}
{:process 1, :type :invoke, :f :cas, :value [3 \"x\"]} {:process 1, :type :ok, :f :cas, :value [3 \"x\"]}
{:process 2, :type :invoke, :f :cas, :value [3 4]}
{:process 2, :type :fail, :f :cas, :value [3 4]}
";
const OPERATIONS: [&str; 4] = [
    "session 0: set jepsen/register = \"3\" -> unknown",
    "session 1: get jepsen/register -> absent",
    "session 1: cas jepsen/register \"3\" to \"\\\"x\\\"\" -> swapped",
    "session 2: cas jepsen/register \"3\" to \"4\" -> failed",
];

#[test]
fn events_make_operations_with_and_without_a_vector() {
    assert_eq!(lines_of(EVENTS), OPERATIONS);
    assert_eq!(lines_of(&format!("; all\n[{EVENTS}]\n")), OPERATIONS);
}

#[test]
fn independent_keys_are_registers() {
    let text = "{:process 0, :type :invoke, :f :write, :value [7 1], :time 5}
        {:process 1, :type :invoke, :f :cas, :value [8 [1 2]], :time 5}
        {:process 0, :type :ok, :f :write, :value [7 1], :time 9}
        {:process 0, :type :invoke, :f :read, :value [7 nil], :time 10}
        {:process 0, :type :ok, :f :read, :value [7 1], :time 12}";
    let expected = [
        "session 0: set jepsen/7 = \"1\" -> ok",
        "session 1: cas jepsen/8 \"1\" to \"2\" -> unknown",
        "session 0: get jepsen/7 -> \"1\"",
    ];
    assert_eq!(lines_of(text), expected);
    let history = recorded(text).history;
    assert_eq!((history.header().clock, history.times()), (ClockUnit::Nanoseconds, &[5, 6, 9, 10, 12][..]));
}

#[test]
fn deep_and_long_values_are_refused_in_few_words() {
    let event = |value: &str| format!("{{:process 0, :type :invoke, :f :write, :value {value}}}\n");
    let deep = 200_000;
    for value in [
        format!("{}1{}", "[".repeat(deep), "]".repeat(deep)),
        format!("{}1{}", "{:a ".repeat(deep), "}".repeat(deep)),
        format!("{}1", "#a ".repeat(deep)),
        "[".repeat(deep),
    ] {
        let fault = fault_of(&event(&value));
        assert!(fault.starts_with("1:1: an event nests more than 64 deep"), "{fault}");
    }
    let fault = fault_of(&event(&format!("[{}]", "1 ".repeat(1 << 20))));
    assert!(fault.len() < 300 && fault.contains("bytes) is no value"), "{fault}");
    // Brackets in strings, characters and comments nest nothing.
    let harmless = format!("\"{}\" ; {}\n", "[".repeat(100), "[".repeat(100));
    assert_eq!(lines_of(&event(&harmless)).len(), 1);
}

#[test]
fn times_of_some_events_are_forgotten() {
    let text = "{:process 0, :type :invoke, :f :write, :value 1, :time 20}
        {:process 0, :type :ok, :f :write, :value 1}
        {:process 0, :type :invoke, :f :read, :value nil, :time 900}
        {:process 0, :type :ok, :f :read, :value 1, :time 950}";
    let history = recorded(text).history;
    assert_eq!((history.header().clock, history.times()), (ClockUnit::Counter, &[0, 1, 2, 3][..]));
}

#[test]
fn what_is_no_register_history_is_refused() {
    let open = "{:process 0, :type :invoke, :f :read, :value nil}\n";
    let done = "{:process 0, :type :ok, :f :read, :value [7 1]}\n";
    for (text, problem) in [
        (format!("{open}{{:process 0, :type"), "2:1: the file ends in the middle of an event"),
        (format!("[{open}"), "1:1: the file ends before its vector does"),
        (format!("{open}{open}"), "2:1: process 0 invokes an operation while its :read is open"),
        (format!("{open}{done}"), "2:1: process 0 completes a :read, but its :read of register is open"),
        ("{:process 0, :type :invoke, :f :append, :value 1}".into(), "1:1: `:append` is no operation"),
        ("{:process 0 :type :invoke :f :write :value {:a 1}}".into(), "1:1: `{:a 1}` is no value"),
        ("{:type :invoke}".into(), "1:1: the event has no :process"),
        (
            "{:process 0, :type :invoke, :f :write, :value 99999999999999999999}".into(),
            "1:47: the integer 99999999999999999999 is too large",
        ),
        ("{:process 0, :type :invoke, :f :txn, :value [[:r 1 nil] [:r 2 nil]]}".into(), "1:1: a transaction of 2"),
        (
            "{:process 0, :type :invoke, :f :txn, :value [[:append 1 2]]}".into(),
            "1:1: `[[:append 1 2]]` is no :r or :w",
        ),
        ("[{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"},\n {\"process\":x}]".into(), "2:13: this is no JSON"),
        ("[{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}".into(), "1:1: the file ends before its vector does"),
        (format!("{open}  }}"), "2:3: this is no EDN"),
        (format!("{open}{{:process\n{}", "1\n".repeat(300)), "2:1: an event takes more than 256 lines"),
    ] {
        let fault = fault_of(&text);
        assert!(fault.starts_with(problem), "{fault}");
    }
}

/// Each spelling of one history, with the key that it needs.
#[test]
fn every_spelling_of_an_event_is_understood() {
    const WANTED: [&str; 3] = [
        "session 0: set jepsen/8 = \"3\" -> ok",
        "session 1: get jepsen/8 -> \"3\"",
        "session 1: cas jepsen/8 \"3\" to \"4\" -> swapped",
    ];
    let in_edn = |events: [(u32, &str, &str); 6], form: &dyn Fn(u32, &str, &str) -> String| {
        events.map(|(process, kind, rest)| form(process, kind, rest)).join("\n")
    };
    let map = |process: u32, kind: &str, rest: &str| format!("{{:process {process}, :type {kind}, {rest}}}");
    let vector = |process: u32, kind: &str, rest: &str| format!("[{process} {kind} {rest}]");
    let with_keys = [
        (0, ":invoke", ":f :put, :key 8, :value 3"),
        (0, ":ok", ":f :put, :key 8, :value 3"),
        (1, ":invoke", ":f :get, :key 8, :value nil"),
        (1, ":ok", ":f :get, :key 8, :value 3"),
        (1, ":invoke", ":f :cas, :key 8, :value [3 4]"),
        (1, ":ok", ":f :cas, :key 8, :value [3 4]"),
    ];
    let transactions = [
        (0, ":invoke", ":f :txn, :value [[:w 8 3]]"),
        (0, ":ok", ":f :txn, :value [[:w 8 3]]"),
        (1, ":invoke", ":f :txn, :value [[:r 8 nil]]"),
        (1, ":ok", ":f :txn, :value [[:r 8 3]]"),
        (1, ":invoke", ":f :cas, :value [8 3 4]"),
        (1, ":ok", ":f :cas, :value [8 3 4]"),
    ];
    let vectors = [
        (0, ":invoke", ":write [8 3]"),
        (0, ":ok", ":write [8 3]"),
        (1, ":invoke", ":read [8 nil]"),
        (1, ":ok", ":read [8 3]"),
        (1, ":invoke", ":cas [8 [3 4]]"),
        (1, ":ok", ":cas [8 [3 4]]"),
    ];
    for text in [in_edn(with_keys, &map), in_edn(transactions, &map), in_edn(vectors, &vector)] {
        for text in [text.clone(), format!("[{text}]"), format!("(\n{text}\n)\n")] {
            assert_eq!(lines_of(&text), WANTED, "{text}");
        }
    }
    let json = |process: u32, kind: &str, rest: &str| format!("{{\"process\":{process},\"type\":\"{kind}\",{rest}}}");
    let of_json = [
        (0, "invoke", "\"f\":\"write\",\"value\":[8,3]"),
        (0, "ok", "\"f\":\"write\",\"value\":[8,3]"),
        (1, "invoke", "\"f\":\"read\",\"key\":8,\n\"value\":null"),
        (1, "ok", "\"f\":\"read\",\"key\":8,\"value\":3"),
        (1, "invoke", "\"f\":\"cas\",\"value\":[8,[3,4]]"),
        (1, "ok", "\"f\":\"cas\",\"value\":[8,[3,4]]"),
    ];
    let text = of_json.map(|(process, kind, rest)| json(process, kind, rest));
    assert_eq!(lines_of(&text.join("\n")), WANTED);
    assert_eq!(lines_of(&format!("[{}]", text.join(", "))), WANTED);
}

#[test]
fn a_mutex_is_a_register_that_is_swapped() {
    let text = "[0 :invoke :acquire nil] [0 :ok :acquire nil] [1 :invoke :acquire] [1 :fail :acquire]
        [0 :invoke :release nil] [0 :ok :release nil]";
    let expected = [
        "session 0: cas jepsen/register absent to \"locked\" -> swapped",
        "session 1: cas jepsen/register absent to \"locked\" -> failed",
        "session 0: cas jepsen/register \"locked\" to absent -> swapped",
    ];
    assert_eq!(lines_of(text), expected);
}

#[test]
fn a_bad_time_is_noted_with_its_line_and_drops_no_other() {
    let text = "{:process 0, :type :invoke, :f :write, :value 1, :time -5}
        {:process 0, :type :ok, :f :write, :value 1, :time 2000}
        {:process 1, :type :invoke, :f :read, :value nil, :time 9000}
        {:process 1, :type :ok, :f :read, :value 1, :time 1.5}";
    let recorded = recorded(text);
    assert_eq!(recorded.history.header().clock, ClockUnit::Nanoseconds);
    assert_eq!(recorded.history.times(), [0, 2000, 9000, 9001]);
    assert_eq!(recorded.notes.len(), 2);
    assert!(recorded.notes[0].starts_with("line 1: the time `-5`"), "{:?}", recorded.notes);
    assert!(recorded.notes[1].starts_with("line 4: the time `1.5`"), "{:?}", recorded.notes);
    assert_eq!(recorded.lines, [1, 3]);
}

#[test]
fn what_registers_begin_with_is_said_by_the_model_or_the_user() {
    let events = "{:process 0, :type :invoke, :f :read, :value nil} {:process 0, :type :ok, :f :read, :value 0}";
    let initial = |text: &str, said: Option<&str>| {
        let history = read(text.as_bytes(), Syntax::Edn, said).unwrap().history;
        history.state_text(history.initial_state(0))
    };
    assert_eq!(initial(events, None), "absent");
    assert_eq!(initial(events, Some("0")), "\"0\"");
    for model in ["#knossos.model.CASRegister{:value 0}", "{:name \"x\", :model #knossos.model.Register {:value 0}}"] {
        assert_eq!(initial(&format!("{model}\n{events}"), None), "\"0\"");
        assert_eq!(initial(&format!("[{model}\n{events}]"), Some("7")), "\"7\"");
    }
}
