//! What a workload that was run again showed.

use std::fmt::Write as _;
use std::path::Path;

use kvspec_reference::anomaly::visible;
use kvspec_suites::workloads::property::Execution;

use super::anomaly::anomaly_text;
use super::look::Look;
use super::page::Page;

/// What a workload that was run again showed. `kept_for`: the requirement that it violated when it
/// was kept, where that is known.
pub fn replay_text(file: &Path, kept_for: Option<&str>, seed: u64, execution: &Execution, look: Look) -> String {
    let Look { palette, width } = look;
    let found = execution.anomalies.first().map(|anomaly| anomaly.requirement.as_str());
    let has = |requirement: &str| execution.anomalies.iter().any(|anomaly| anomaly.requirement.as_str() == requirement);
    let verdict = match (found, kept_for) {
        (Some(_), Some(kept)) if has(kept) => palette.bad(&format!("{kept} is violated, as when it was kept")),
        (Some(found), Some(kept)) => {
            let kept = visible(kept);
            palette.bad(&format!("{found} is violated; it was kept for {kept}, which is not violated any more"))
        }
        (Some(found), None) => palette.bad(&format!("{found} is violated")),
        (None, _) if execution.settled_reads == 0 => {
            palette.doubtful("nothing was decided: no read was answered after the convergence bound")
        }
        (None, Some(kept)) => palette.good(&format!("no violation; it was kept for {}", visible(kept))),
        (None, None) => palette.good("no violation"),
    };
    let (operations, reads) = (execution.run.history.records().len(), execution.settled_reads);
    let mut out = Page::of_width(width);
    let _ = writeln!(
        out,
        "{}: {verdict} (seed {seed}, {operations} operations, {reads} reads after convergence)",
        file.display()
    );
    for anomaly in &execution.anomalies {
        out.push('\n');
        anomaly_text(&mut out, anomaly, &execution.run.history, palette);
    }
    out.take()
}
