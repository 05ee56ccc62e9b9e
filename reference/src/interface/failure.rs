//! Why a call gives no result.

use std::fmt;

/// What a call gives when it does not give a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The interface's own `error`: a legal response.
    Error(InterfaceError),
    /// The implementation broke: a panic, a trap, an exhausted limit. The text says how.
    Trap(String),
    /// No answer came, so whether the operation took effect is unknown. The text says why.
    Unanswered(String),
    /// What starts the implementation does not work, such as a command that the user gave: neither
    /// the implementation nor kvspec is to blame. The text says which and how.
    Setup(String),
    /// kvspec or its adapter is at fault, not the implementation.
    Harness(String),
}

/// The `error` of the interface: a typed one of `store@0.2.0`, or the text of `trace`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterfaceError {
    /// Which of the typed errors; `eventual@0.1.0` knows only [`ErrorKind::Other`].
    pub kind: ErrorKind,
    /// What the error says of itself. For reports only; no verdict depends on it.
    pub trace: String,
}

/// The typed errors of `store@0.2.0-draft`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The host does not recognise the store that was asked for.
    NoSuchStore,
    /// The caller may not reach the store.
    AccessDenied,
    /// Any other failure, and every error of `eventual@0.1.0`.
    Other,
}

impl Failure {
    /// An untyped interface error with this trace.
    pub fn error(trace: impl Into<String>) -> Self {
        Failure::Error(InterfaceError { kind: ErrorKind::Other, trace: trace.into() })
    }

    /// The typed error for a bucket that does not exist.
    pub fn no_such_store(trace: impl Into<String>) -> Self {
        Failure::Error(InterfaceError { kind: ErrorKind::NoSuchStore, trace: trace.into() })
    }

    /// The typed error for a caller that may not reach the bucket.
    pub fn access_denied(trace: impl Into<String>) -> Self {
        Failure::Error(InterfaceError { kind: ErrorKind::AccessDenied, trace: trace.into() })
    }

    /// Whether this is a legal response of the interface.
    pub fn is_interface_error(&self) -> bool {
        matches!(self, Failure::Error(_))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, why) = match self {
            Failure::Error(InterfaceError { kind: ErrorKind::NoSuchStore, trace }) => ("error no-such-store", trace),
            Failure::Error(InterfaceError { kind: ErrorKind::AccessDenied, trace }) => ("error access-denied", trace),
            Failure::Error(InterfaceError { kind: ErrorKind::Other, trace }) => ("error", trace),
            Failure::Trap(why) => ("trap", why),
            Failure::Unanswered(why) => ("no answer", why),
            // It names who is at fault.
            Failure::Setup(why) => return f.write_str(&crate::anomaly::visible(why)),
            Failure::Harness(why) => ("fault of kvspec", why),
        };
        write!(f, "{what} ({})", crate::anomaly::visible(why))
    }
}

impl std::error::Error for Failure {}

/// The result of every call of the interface.
pub type Result<T> = std::result::Result<T, Failure>;
