//! Pages of HTML in a real browser, without a window: what its script draws, and that nothing goes out.
//! Without chromium the tests are skipped, with the reason; in CI, they fail.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kvspec::conformance::trials::{Completion, Failed, Trial};
use kvspec_tests::missing::missing;

pub(crate) fn trials() -> Vec<Trial> {
    let trials = [
        ("the_cause_is_on_the_page_and_its_proof_is_lit", cause as fn() -> Result<(), Failed>),
        ("a_failure_that_the_address_names_is_opened", opened),
        ("the_proof_of_a_judged_history_is_found_among_many_operations", judged),
        ("nothing_is_asked_of_anyone", silent),
    ];
    let is_installed = Command::new("chromium").arg("--version").output().is_ok_and(|output| output.status.success());
    let trials = trials.map(|(name, test)| {
        Trial::ignorable_test(name, move || match is_installed {
            true => test().map(|()| Completion::Completed),
            false => missing("chromium is not installed: apt-get install chromium"),
        })
    });
    trials.into()
}

/// A page, in a folder of its own.
struct Page {
    folder: tempfile::TempDir,
}

impl Page {
    /// What the command writes for `--html`; the command may exit as it likes.
    fn of(arguments: &[&str]) -> Result<Self, Failed> {
        let page = Self { folder: tempfile::tempdir()? };
        let mut command = Command::new(env!("CARGO_BIN_EXE_kvspec"));
        let output = command.args(arguments).args(["--html", "page.html"]).current_dir(page.folder.path()).output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        if page.text().is_err() { Err(format!("no page was written: {errors}").into()) } else { Ok(page) }
    }

    fn text(&self) -> std::io::Result<String> {
        std::fs::read_to_string(self.folder.path().join("page.html"))
    }

    /// The document after its script has run.
    fn dom(&self, fragment: &str, proxy: &str) -> Result<String, Failed> {
        let file = self.folder.path().join("page.html");
        dom(&format!("file://{}{fragment}", file.display()), self.folder.path(), proxy)
    }
}

/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:1";

fn dom(address: &str, profile: &Path, proxy: &str) -> Result<String, Failed> {
    let mut command = Command::new("chromium");
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=390,800"]);
    // What the browser does by itself is not the page's.
    command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]);
    command.args(["--disable-features=OptimizationHints,MediaRouter", "--proxy-bypass-list=<-loopback>"]);
    command
        .arg(format!("--proxy-server={proxy}"))
        .arg(format!("--user-data-dir={}", profile.join("profile").display()));
    let output = command.args(["--virtual-time-budget=5000", "--dump-dom", address]).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match text.contains("</html>") {
        true => Ok(text),
        false => Err(format!("chromium gave no document: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

const BUG: [&str; 4] = ["--bug", "lost-tombstone", "--cases", "0"];

fn cause() -> Result<(), Failed> {
    let page = Page::of(&BUG)?;
    let dom = page.dom("", NOWHERE)?;
    assert!(dom.contains("<h3>deleted values come back</h3>"), "{dom}");
    // Of all time lines, only that of the smallest history is open.
    assert_eq!(count(&dom, "<svg"), 1, "{dom}");
    assert!(count(&dom, "class=\"operation lit\"") >= 2, "{dom}");
    assert!(dom.contains(">session 0</text>") && dom.contains("delete"), "{dom}");
    Ok(())
}

fn opened() -> Result<(), Failed> {
    let page = Page::of(&BUG)?;
    let text = page.text()?;
    let (_, rest) = text.split_once("<details id=\"").ok_or("no other failure is on the page")?;
    let (name, _) = rest.split_once('"').ok_or("it has no name")?;
    let dom = page.dom(&format!("#{name}"), NOWHERE)?;
    assert_eq!(count(&dom, "<svg"), 2, "{name}: {dom}");
    Ok(())
}

/// So many operations, of which the last of one key reads what was written over long before.
const OPERATIONS: usize = 100_000;

fn judged() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("history.jsonl");
    std::fs::write(&file, history())?;
    let page = Page::of(&["judge", file.to_str().ok_or("no UTF-8")?, "--require", "linearizable"])?;
    let dom = page.dom("", NOWHERE)?;
    let lit = count(&dom, "class=\"operation lit\"");
    assert!(lit >= 2, "{lit} operations are lit");
    let drawn = count(&dom, "class=\"operation");
    assert!((lit..=400).contains(&drawn), "{drawn} operations are drawn: what is looked at, and no more");
    assert!(dom.contains("NOT linearizable, which is required"), "{lit}");
    Ok(())
}

/// Two sessions that take turns on a hundred keys, and one stale read in the middle.
fn history() -> String {
    let mut text =
        String::from("{\"kvspec\":\"history\",\"version\":1,\"profile\":\"eventual@0.1.0\",\"clock\":\"counter\"}\n");
    for i in 0..OPERATIONS {
        let (session, key, from) = (i % 2, i / 2 % 100, 2 * i);
        let to = from + 1;
        let line = match i % 2 {
            0 => format!("\"op\":\"set\",\"value\":\"{i}\""),
            _ if i == OPERATIONS / 2 + 1 => "\"op\":\"get\",\"result\":\"0\"".to_owned(),
            _ => format!("\"op\":\"get\",\"result\":\"{}\"", i - 1),
        };
        text.push_str(&format!(
            "{{\"session\":{session},\"bucket\":\"b\",\"key\":\"k{key}\",{line},\"invoke\":{from},\"return\":{to},\"outcome\":\"ok\"}}\n"
        ));
    }
    text
}

/// Whom the browser asks by itself, whatever page it shows: its maker, for updates.
const OF_THE_BROWSER: [&str; 3] = [".google.com", ".googleapis.com", ".gvt1.com"];

/// A proxy that hears every request, and answers none.
struct Proxy {
    address: String,
    listener: TcpListener,
}

impl Proxy {
    fn new() -> Result<Self, Failed> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        Ok(Self { address: format!("http://{}", listener.local_addr()?), listener })
    }

    /// The first lines of all requests while something is done.
    fn during<R>(&self, what: impl FnOnce() -> R) -> (R, Vec<String>) {
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let heard = scope.spawn(|| {
                let mut lines = Vec::new();
                // One look more after the end: what was asked before then waits to be heard.
                loop {
                    let was_over = is_over.load(Ordering::SeqCst);
                    while let Ok((stream, _)) = self.listener.accept() {
                        lines.push(first_line(stream));
                    }
                    if was_over {
                        return lines;
                    }
                    std::thread::park_timeout(Duration::from_millis(20));
                }
            });
            let result = what();
            is_over.store(true, Ordering::SeqCst);
            let mut heard = heard.join().unwrap_or_default();
            heard.retain(|line| !OF_THE_BROWSER.iter().any(|host| line.contains(host)));
            (result, heard)
        })
    }
}

fn first_line(mut stream: TcpStream) -> String {
    let mut bytes = [0; 512];
    let _ = stream.set_nonblocking(false);
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let count = stream.read(&mut bytes).unwrap_or(0);
    let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    String::from_utf8_lossy(&bytes[..count]).lines().next().unwrap_or_default().to_owned()
}

fn silent() -> Result<(), Failed> {
    const SMUGGLED: &str = "<img src=\"http://smuggled.invalid/x.png\"><script>document.title='taken'</script>";
    let page = Page::of(&BUG)?;
    let proxy = Proxy::new()?;
    // Of a page without our policy the request is heard: else this test would hear nothing at all.
    let plain = page.folder.path().join("plain.html");
    std::fs::write(&plain, format!("<!doctype html><html><body>{SMUGGLED}</body></html>"))?;
    let (dom, heard) = proxy.during(|| dom(&format!("file://{}", plain.display()), page.folder.path(), &proxy.address));
    assert!(heard.iter().any(|line| line.contains("smuggled.invalid")), "{heard:?}");
    assert!(dom?.contains("<title>taken</title>"));

    let (dom, heard) = proxy.during(|| page.dom("", &proxy.address));
    dom?;
    assert_eq!(heard, Vec::<String>::new());
    // Were something smuggled in, the policy would still hold.
    std::fs::write(page.folder.path().join("page.html"), page.text()?.replace("<main>", &format!("<main>{SMUGGLED}")))?;
    let (dom, heard) = proxy.during(|| page.dom("", &proxy.address));
    let dom = dom?;
    assert_eq!(heard, Vec::<String>::new());
    assert!(dom.contains("smuggled.invalid") && !dom.contains("<title>taken</title>"), "{dom}");
    assert_eq!(count(&dom, "<svg"), 1, "our own script runs");
    Ok(())
}
