//! Pages of HTML that hold all they need: no request goes out, and nothing but our own script runs.
//!
//! The template engine escapes whatever is put into a page. Data for the script is JSON, of which nothing
//! can end the element it stands in. A policy in the page (CSP) names our style and our script by their
//! hashes, so what was smuggled in would not run either.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kvspec::report::verdict::Tone;
use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("timeline.js");

/// The templates, by their names.
const TEMPLATES: [(&str, &str); 4] = [
    ("page.html", include_str!("page.html")),
    ("run.html", include_str!("run.html")),
    ("judgement.html", include_str!("judgement.html")),
    ("fuzz.html", include_str!("fuzz.html")),
];

/// What every page has.
#[derive(Serialize)]
struct Whole<'a, C> {
    style: &'a str,
    script: &'a str,
    policy: String,
    version: &'a str,
    timelines: String,
    #[serde(flatten)]
    content: C,
}

/// The page that a template makes of what it needs, and of timelines that it names by index.
///
/// # Errors
/// When the template and what it needs do not fit.
pub fn page<C: Serialize, T: Serialize>(template: &str, content: C, timelines: &[T]) -> Result<String, String> {
    let mut environment = Environment::new();
    for (name, source) in TEMPLATES {
        environment.add_template(name, source).map_err(|error| format!("{error:#}"))?;
    }
    let whole = Whole {
        style: STYLE,
        script: SCRIPT,
        policy: policy(),
        version: env!("CARGO_PKG_VERSION"),
        timelines: json(timelines)?,
        content,
    };
    let template = environment.get_template(template).map_err(|error| format!("{error:#}"))?;
    template.render(Serde(whole)).map_err(|error| format!("{error:#}"))
}

/// The class of what has this tone.
pub fn tone_class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Doubtful => "doubtful",
    }
}

/// Nothing may be loaded; only our style and our script apply.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"
    )
}

/// JSON that stands in an element: no text of it is a mark of HTML.
fn json(what: &(impl Serialize + ?Sized)) -> Result<String, String> {
    let text = serde_json::to_string(what).map_err(|error| error.to_string())?;
    Ok(text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_data_ends_its_element() {
        let text = json(&["</script><script>alert(1)</script>", "<!--", "&lt;"]).unwrap();
        assert!(!text.contains(['<', '>', '&']), "{text}");
        let read: Vec<String> = serde_json::from_str(&text).unwrap();
        assert_eq!(read[1], "<!--");
    }

    #[test]
    fn our_own_texts_load_nothing() {
        for text in [STYLE, SCRIPT].into_iter().chain(TEMPLATES.map(|(_, source)| source)) {
            for word in ["http:", "https:", "url(", "@import", "src=", "fetch(", "XMLHttpRequest", "innerHTML", "eval("]
            {
                // The namespace of SVG is a name, not an address.
                let text = text.replace("http://www.w3.org/2000/svg", "");
                assert!(!text.contains(word), "{word}");
            }
        }
    }
}
