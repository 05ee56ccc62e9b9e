//! How a report looks.

/// How the text is coloured.
#[derive(Debug, Clone, Copy)]
pub struct Palette {
    on: bool,
}

impl Palette {
    /// No colours.
    pub const PLAIN: Palette = Palette { on: false };
    /// ANSI colours.
    pub const ANSI: Palette = Palette { on: true };

    fn paint(self, code: &str, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// What is well.
    pub fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// What is wrong.
    pub fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    /// What nobody can be sure of.
    pub fn doubtful(self, text: &str) -> String {
        self.paint("33", text)
    }

    /// What stands out.
    pub fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }
}

/// How a report is shown.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Its colours.
    pub palette: Palette,
    /// How many columns it may take; words that are longer take more.
    pub width: usize,
}
