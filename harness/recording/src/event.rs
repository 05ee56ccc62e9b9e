//! One event of a test of registers, however it is written.
//!
//! | spelling | example |
//! |---|---|
//! | a map | `{:process 0, :type :ok, :f :read, :value [8 nil]}` |
//! | the same with a key | `{:process 0, :type :invoke, :f :put, :key 8, :value 3}` |
//! | a vector | `[0 :invoke :read [8 nil]]` |
//! | a transaction of one operation | `{…, :f :txn, :value [[:r 8 nil]]}` |
//! | a swap with its key | `{…, :f :cas, :value [8 3 4]}`, `{…, :value [8 [3 4]]}` |
//! | a mutex | `{…, :f :acquire}`, `{…, :f :release}` |

use clojure_reader::edn::Edn;

use super::process_events::{Call, Completion, Function, ProcessEvents, Refusal, Said, Stored};

/// The key, where operations name none.
const KEY: &str = "register";
/// What a mutex holds that somebody has.
const LOCKED: &str = "locked";
/// How much of a form is shown, in characters.
const SHOWN_CHARS_MAX: usize = 48;
static NIL: Edn<'static> = Edn::Nil;
const FORM: &str = "an event is a map such as {:process 0, :type :ok, :f :read, :value 3}, or a vector [0 :ok :read 3]";

/// What an event says, before it is asked what that means.
pub(super) struct Event<'a, 'e> {
    pub(super) process: i64,
    kind: &'a str,
    function: &'a str,
    key: Option<&'a Edn<'e>>,
    value: &'a Edn<'e>,
    /// What stands as its time, if anything does.
    pub(super) time: Option<&'a Edn<'e>>,
}

/// What a form is.
pub(super) enum Form<'a, 'e> {
    Event(Event<'a, 'e>),
    /// The description of a test, which says with what registers begin.
    Model(Stored),
    /// What is no operation of a process with a number.
    Noise,
}

/// Understands a form.
///
/// # Errors
/// When it is nothing of a recording, and what to write instead.
pub(super) fn understand<'a, 'e>(form: &'a Edn<'e>) -> Result<Form<'a, 'e>, Refusal> {
    if let Some(initial) = initial_of_model(form) {
        return Ok(Form::Model(state(initial)?));
    }
    match form {
        Edn::Tagged(_, inner) => understand(inner),
        Edn::Map(_) => of_map(form),
        Edn::Vector(items) if matches!(items.first(), Some(Edn::Int(_) | Edn::Key(_))) => of_vector(items),
        _ => refuse(format!("{} is no event", shown(form)), FORM),
    }
}

fn of_map<'a, 'e>(form: &'a Edn<'e>) -> Result<Form<'a, 'e>, Refusal> {
    let process = match field(form, "process") {
        Some(Edn::Int(process)) => *process,
        Some(Edn::Double(_)) => return refuse("the number of the process is no integer of 64 bits".into(), FORM),
        Some(_) => return Ok(Form::Noise),
        None => return refuse("the event has no :process".into(), FORM),
    };
    let (Some(kind), Some(function)) = (field(form, "type").and_then(word), field(form, "f").and_then(word)) else {
        return refuse("the event has no :type or no :f".into(), FORM);
    };
    let value = field(form, "value").unwrap_or(&NIL);
    Ok(Form::Event(Event { process, kind, function, key: field(form, "key"), value, time: field(form, "time") }))
}

fn of_vector<'a, 'e>(items: &'a [Edn<'e>]) -> Result<Form<'a, 'e>, Refusal> {
    let Some(Edn::Int(process)) = items.first() else { return Ok(Form::Noise) };
    let (Some(kind), Some(function)) = (items.get(1).and_then(word), items.get(2).and_then(word)) else {
        return refuse("the vector has no type or no operation".into(), FORM);
    };
    let value = items.get(3).unwrap_or(&NIL);
    Ok(Form::Event(Event { process: *process, kind, function, key: None, value, time: None }))
}

/// An event in words on a line: `0 :invoke :read nil`.
pub(super) fn of_words<'a, 'e>(process: i64, kind: &'a str, function: &'a str, value: &'a Edn<'e>) -> Event<'a, 'e> {
    Event { process, kind, function, key: None, value, time: None }
}

impl Event<'_, '_> {
    /// Adds the event to the others.
    ///
    /// # Errors
    /// When it is no event of a register, or not in its place.
    pub(super) fn take(&self, events: &mut ProcessEvents, time: Option<u64>, line: u64) -> Result<(), Refusal> {
        let (function, key, value) = self.operation()?;
        let at_invocation = self.kind == "invoke";
        let Some(function) = function else {
            return self.complete(events, Said::default(), None, time);
        };
        if at_invocation {
            return events.invoke(self.process, call(function, key, value)?, time, line);
        }
        let seen = if function == Function::Read && self.kind == "ok" { Some(value) } else { None };
        let (key, seen) = match (key, seen) {
            (Some(key), seen) => (Some(key.to_string()), seen),
            (None, Some(seen)) => {
                let (key, seen) = keyed(seen);
                (Some(key), Some(seen))
            }
            (None, None) => (None, None),
        };
        self.complete(events, Said { function: Some(function), key: key.as_deref() }, seen, time)
    }

    fn complete(
        &self,
        events: &mut ProcessEvents,
        said: Said<'_>,
        seen: Option<&Edn<'_>>,
        time: Option<u64>,
    ) -> Result<(), Refusal> {
        let completion = match self.kind {
            "ok" => Completion::Ok(seen.map(state).transpose()?.flatten()),
            "fail" => Completion::Fail,
            "info" => Completion::Info,
            other => {
                return refuse(format!("`:{other}` is no type of an event"), "there are :invoke, :ok, :fail and :info");
            }
        };
        events.complete(self.process, said, completion, time)
    }

    /// Which operation, on which key if that is said apart, with which value. No operation: a completion
    /// of a transaction that does not repeat it.
    fn operation(&self) -> Result<(Option<Function>, Option<&Edn<'_>>, &Edn<'_>), Refusal> {
        if self.function != "txn" {
            let Some(function) = Function::of(self.function) else {
                let help = "kvspec judges registers: give a test whose operations are :read, :write and :cas, or \
                            those of a mutex";
                return refuse(format!("`:{}` is no operation of a register", self.function), help);
            };
            return Ok((Some(function), self.key, self.value));
        }
        match self.value {
            Edn::Vector(parts) | Edn::List(parts) => match &parts[..] {
                [Edn::Vector(part) | Edn::List(part)] => match &part[..] {
                    [name, key, value] => match word(name).and_then(Function::of) {
                        Some(function @ (Function::Read | Function::Write)) => Ok((Some(function), Some(key), value)),
                        _ => refuse(format!("{} is no :r or :w", shown(self.value)), "kvspec judges registers"),
                    },
                    _ => refuse(format!("{} is no operation with key and value", shown(self.value)), "write [:r k v]"),
                },
                _ => refuse(
                    format!("a transaction of {} operations", parts.len()),
                    "kvspec judges registers, and transactions of one operation",
                ),
            },
            _ if self.kind != "invoke" && self.kind != "ok" => Ok((None, None, self.value)),
            other => refuse(format!("{} is no transaction", shown(other)), "write [[:r k v]]"),
        }
    }
}

fn call(function: Function, key: Option<&Edn<'_>>, value: &Edn<'_>) -> Result<Call, Refusal> {
    let of = |key: String, expected: Stored, new: Stored| Ok(Call { function, key, expected, new });
    let (own_key, own_value) = match key {
        Some(key) => (key.to_string(), value),
        None => keyed(value),
    };
    match function {
        Function::Read => of(own_key, None, None),
        Function::Write => of(own_key, None, state(own_value)?),
        // What is deleted may stand as the value.
        Function::Delete => of(own_key, None, None),
        Function::Acquire => of(own_key, None, Some(LOCKED.into())),
        Function::Release => of(own_key, Some(LOCKED.into()), None),
        Function::CompareAndSwap => {
            let (key, both) = match (key, value) {
                (Some(_), _) => (own_key, pair(value)),
                (None, Edn::Vector(items)) if items.len() == 3 => (items[0].to_string(), Some((&items[1], &items[2]))),
                (None, _) => match pair(value) {
                    Some((key, inner)) if pair(inner).is_some() => (key.to_string(), pair(inner)),
                    other => (KEY.to_owned(), other),
                },
            };
            let Some((expected, new)) = both else {
                return refuse(format!("{} is no pair [expected new]", shown(value)), "give :cas both values");
            };
            of(key, state(expected)?, state(new)?)
        }
    }
}

fn pair<'a, 'e>(value: &'a Edn<'e>) -> Option<(&'a Edn<'e>, &'a Edn<'e>)> {
    match value {
        Edn::Vector(items) if items.len() == 2 => Some((&items[0], &items[1])),
        Edn::Tagged(_, inner) => pair(inner),
        _ => None,
    }
}

/// The key and the value of `[key value]`, or the only key.
fn keyed<'a, 'e>(value: &'a Edn<'e>) -> (String, &'a Edn<'e>) {
    pair(value).map_or_else(|| (KEY.to_owned(), value), |(key, value)| (key.to_string(), value))
}

fn state(value: &Edn<'_>) -> Result<Stored, Refusal> {
    match value {
        Edn::Nil => Ok(None),
        Edn::Int(_) | Edn::Str(_) | Edn::Key(_) | Edn::Bool(_) => Ok(Some(value.to_string())),
        other => refuse(
            format!("{} is no value of a register", shown(other)),
            "values are integers of 64 bits, strings, keywords or nil",
        ),
    }
}

/// What registers begin with, as the description of a test has it: `#knossos.model.CASRegister{:value 0}`, alone
/// or as its `:model`.
pub(super) fn initial_of_model<'a, 'e>(form: &'a Edn<'e>) -> Option<&'a Edn<'e>> {
    match form {
        Edn::Tagged(name, inner) if name.ends_with("Register") => field(inner, "value"),
        Edn::Map(_) if field(form, "process").is_none() => initial_of_model(field(form, "model")?),
        _ => None,
    }
}

/// A keyword, or a string where the form was JSON.
fn word<'a>(form: &'a Edn<'_>) -> Option<&'a str> {
    match form {
        Edn::Key(word) | Edn::Str(word) => Some(word.trim_start_matches(':')),
        _ => None,
    }
}

fn field<'a, 'e>(map: &'a Edn<'e>, name: &'static str) -> Option<&'a Edn<'e>> {
    map.get(&Edn::Key(name.into()))
}

/// The text of a form, cut when it is long.
pub(super) fn shown(form: &Edn<'_>) -> String {
    let text = form.to_string();
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        None => format!("`{text}`"),
        Some((at, _)) => format!("`{}`... ({} bytes)", &text[..at], text.len()),
    }
}

fn refuse<T>(problem: String, help: &str) -> Result<T, Refusal> {
    Err((problem, help.into()))
}
