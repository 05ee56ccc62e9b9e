//! The workloads of the pages in `findings` can be run.

use std::path::Path;

use kvspec_suites::workloads::property::Regression;

#[test]
fn each_workload_of_a_page_is_one() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("findings");
    let mut workloads = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let page = std::fs::read_to_string(&file).unwrap();
        for block in page.split("```text\n").skip(1) {
            let text = block.split("```").next().unwrap_or_default();
            if text.starts_with("kvspec workload") {
                workloads += 1;
                Regression::parse(text).unwrap_or_else(|error| panic!("{}: {error}\n{text}", file.display()));
            }
        }
    }
    assert!(workloads > 5, "only {workloads} were found in {}", folder.display());
}
