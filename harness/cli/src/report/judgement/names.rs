//! Short names of operations in a proof.

use kvspec_reference::History;

/// Reasons in which operations have their numbers instead of their texts, where the text says which it is.
pub(super) fn with_numbers(history: &History, operations: &[usize], because: &[String]) -> Vec<String> {
    let texts: Vec<(usize, String)> =
        operations.iter().map(|&index| (index, format!("[{}]", history.operation_text(index)))).collect();
    let is_only = |text: &str| texts.iter().filter(|(_, other)| other == text).count() == 1;
    let numbered = |line: &String| {
        let known = texts.iter().filter(|(_, text)| is_only(text));
        known.fold(line.clone(), |line, (index, text)| line.replace(text.as_str(), &format!("#{index}")))
    };
    because.iter().map(numbered).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_operations_of_one_text_keep_it() {
        const LINES: &str =
            "{\"kvspec\":\"history\",\"version\":1,\"profile\":\"eventual@0.1.0\",\"clock\":\"counter\"}\n";
        let get = |invoke: u64, result: &str| {
            let end = invoke + 1;
            format!(
                "{{\"session\":0,\"op\":\"get\",\"bucket\":\"b\",\"key\":\"k\",\"result\":{result},\"invoke\":{invoke},\
                 \"return\":{end},\"outcome\":\"ok\"}}\n"
            )
        };
        let text = [LINES.to_owned(), get(1, "null"), get(3, "null"), get(5, "\"v\"")].concat();
        let history = kvspec_recording::read(text.as_bytes()).expect("a history").history;
        let [first, _, last] = [0, 1, 2].map(|i| format!("[{}]", history.operation_text(i)));
        let line = format!("{first} ended before {last} began");
        assert_eq!(with_numbers(&history, &[0, 2], std::slice::from_ref(&line)), ["#0 ended before #2 began"]);
        assert_eq!(with_numbers(&history, &[0, 1, 2], &[line]), [format!("{first} ended before #2 began")]);
    }
}
