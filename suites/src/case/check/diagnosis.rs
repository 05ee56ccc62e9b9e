//! What a wrong read is: whose value, which part of it, or what was made of it.

use kvspec_reference::RequirementId::{self, *};
use kvspec_reference::anomaly::{name_text, value_text};
use kvspec_reference::history::{ABSENT, History, Kind, Outcome, Value};
use kvspec_reference::workload::stamp::{Integrity, Stamp};

use crate::requirement::{self, Concern};

/// What is wrong with a read, and which requirement says so.
pub(super) struct Diagnosis {
    pub(super) requirement: RequirementId,
    /// A chain: each sentence follows from those before it.
    pub(super) sentences: Vec<String>,
    /// Operations that the sentences name.
    pub(super) operations: Vec<usize>,
}

impl Diagnosis {
    pub(super) fn claimed(claim: RequirementId) -> Self {
        Self { requirement: claim, sentences: Vec::new(), operations: Vec::new() }
    }

    fn new(requirement: RequirementId, sentence: String) -> Self {
        Self { requirement, sentences: vec![sentence], operations: Vec::new() }
    }

    fn with(mut self, operation: usize) -> Self {
        self.operations.push(operation);
        self
    }
}

/// The ways in which a value that nobody set at this key can be wrong.
#[derive(Clone, Copy)]
enum Fault {
    OtherRegister,
    Cut,
    OldTail,
    Extended,
    Mixed,
    Altered,
    ThinAir,
}

impl Fault {
    /// The requirement it breaks, unless the case claims one that speaks of this fault itself.
    fn requirement(self, claim: RequirementId) -> RequirementId {
        let (usual, kept): (RequirementId, &[RequirementId]) = match self {
            Fault::OtherRegister => (KveInt03, &[KveKey01, KveKey02, KveBkt01, KveBkt05]),
            Fault::Cut => (KveVal03, &[KveVal01, KveOut01, KveInc01, KveInc03, KveSet03, KveSet04]),
            Fault::OldTail => (KveSet02, &[]),
            Fault::Extended => (KveVal01, &[KveOut01, KveInc01, KveSet03, KveSet04]),
            Fault::Mixed => (KveInt03, &[KveInc03, KveOut01, KveInc01, KveSet02, KveSet04]),
            Fault::Altered => (KveVal01, &[KveOut01, KveInc01, KveInc03, KveSet04]),
            Fault::ThinAir => (
                KveInt01,
                &[
                    KveInt02, KveGet02, KveGet03, KveDel01, KveDel02, KveSet04, KveOut01, KveOut02, KveInc01, KveInc03,
                    KveVal02,
                ],
            ),
        };
        if kept.contains(&claim) { claim } else { usual }
    }
}

/// What a value that was read has to do with one that was written.
type Relation<'a> = dyn Fn(&[u8]) -> Option<(Fault, String)> + 'a;

/// The last write of the register of operation `read` that was invoked before it.
pub(super) fn last_write_before(history: &History, read: usize) -> Option<usize> {
    let register = history.records[read].register;
    (0..read).rev().find(|&i| history.records[i].register == register && history.records[i].kind.is_write())
}

/// Why `exists` is wrong.
pub(super) fn of_presence(claim: RequirementId, seen: bool, history: &History, read: usize) -> Diagnosis {
    let register = history.records[read].register;
    let of_register = |&i: &usize| history.records[i].register == register;
    let last_of = |kind: Kind| (0..read).rev().filter(of_register).find(|&i| history.records[i].kind == kind);
    match (seen, last_of(Kind::Set), last_of(Kind::Delete)) {
        (true, None, _) => Diagnosis::new(claim, format!("#{read} says that it exists, though it was never set")),
        (true, Some(set), Some(delete)) if set < delete => {
            let requirement = of_own_older_state(claim, history, read);
            Diagnosis::new(requirement, format!("#{read} still says that it exists, though #{delete} deleted it"))
        }
        (false, Some(set), _) => {
            let claim = if is_of_origin(claim) { KveExi01 } else { claim };
            let last_get = (set..read).rev().filter(of_register).find(|&i| history.records[i].kind == Kind::Get);
            let sentence = format!("#{read} says that it does not exist, though #{set} set it");
            match last_get {
                Some(get) => {
                    let sentence = format!("{sentence}; #{get} was a get of it: {}", history.operation_text(get));
                    Diagnosis::new(claim, sentence).with(get)
                }
                None => Diagnosis::new(claim, sentence),
            }
        }
        _ => Diagnosis::claimed(claim),
    }
}

/// Why the state that a `get` gave is wrong.
pub(super) fn of_value(
    claim: RequirementId,
    expected: Option<&[u8]>,
    seen: Option<&[u8]>,
    history: &History,
    read: usize,
) -> Diagnosis {
    let register = history.records[read].register;
    let Some(seen) = seen else { return of_absence(claim, history, read) };
    let sets = sets_before(history, read);
    if let Some(&(writer, _)) = sets.iter().find(|&&(i, v)| v == seen && history.records[i].register == register) {
        return of_older(claim, history, read, writer);
    }
    if expected.is_none() && seen.is_empty() {
        // Every value begins with no bytes, so this would else be called a value that was cut.
        let requirement = if was_never_deleted(claim, history, read) { KveDel01 } else { claim };
        return Diagnosis::new(requirement, format!("#{read} gave the empty value, which nobody set here"));
    }
    if let Some(&(writer, _)) = sets.iter().find(|&&(_, v)| v == seen) {
        let (bucket, key) = &history.registers[history.records[writer].register as usize];
        let place = format!("{}/{}", name_text(bucket), name_text(key));
        let sentence = format!("what #{read} gave was set at {place} by #{writer}, and never at this key");
        return Diagnosis::new(Fault::OtherRegister.requirement(claim), sentence).with(writer);
    }
    let of_register = sets.iter().filter(|(i, _)| history.records[*i].register == register);
    let elsewhere = sets.iter().filter(|(i, _)| history.records[*i].register != register);
    let own: Vec<(Option<usize>, &[u8])> = of_register.map(|&(i, v)| (Some(i), v)).collect();
    // What was awaited may come from no recorded set, where the body went in by other means.
    let awaited = expected.into_iter().map(|e| (own.iter().find(|(_, v)| *v == e).and_then(|(i, _)| *i), e));
    let candidates: Vec<(Option<usize>, &[u8])> =
        awaited.chain(own.iter().copied()).chain(elsewhere.map(|&(i, v)| (Some(i), v))).collect();
    let derived = |relation: &Relation<'_>| {
        let (writer, fault, what) =
            candidates.iter().find_map(|&(w, v)| relation(v).map(|(f, what)| ((w, v), f, what)))?;
        let named = match writer {
            (Some(writer), written) => format!("what #{writer} set ({})", value_text(written)),
            (None, _) => "what was to be read".into(),
        };
        let diagnosis = Diagnosis::new(fault.requirement(claim), format!("what #{read} gave is {named}, {what}"));
        Some(writer.0.into_iter().fold(diagnosis, Diagnosis::with))
    };
    if let Some(diagnosis) = derived(&|written| made_from(written, seen, &own)) {
        return diagnosis;
    }
    if let Some((sentence, writers)) = mixture(&candidates, seen, read) {
        let diagnosis = Diagnosis::new(Fault::Mixed.requirement(claim), sentence);
        return writers.into_iter().fold(diagnosis, Diagnosis::with);
    }
    if let Some(diagnosis) = derived(&|written| altered(written, seen)) {
        return diagnosis;
    }
    let sentence = match Stamp::read(seen) {
        Some((stamp, _)) => format!(
            "what #{read} gave begins as value {} of this case did, but no set of this case wrote it",
            stamp.operation
        ),
        None => format!("what #{read} gave was never given to any set, nor anything like it"),
    };
    Diagnosis::new(Fault::ThinAir.requirement(claim), sentence)
}

fn of_absence(claim: RequirementId, history: &History, read: usize) -> Diagnosis {
    let claim = of_own_older_state(claim, history, read);
    let register = history.records[read].register;
    let delete =
        (0..read).rev().find(|&i| history.records[i].register == register && history.records[i].kind == Kind::Delete);
    match delete {
        Some(delete) => {
            let sentence = format!("#{read} shows the state that #{delete} left behind, which a later set replaced");
            Diagnosis::new(claim, sentence).with(delete)
        }
        None => {
            Diagnosis::new(claim, format!("#{read} shows the key as if it had never been set; it was never deleted"))
        }
    }
}

/// The value was set at this key, but another write came later.
fn of_older(claim: RequirementId, history: &History, read: usize, writer: usize) -> Diagnosis {
    let claim = of_own_older_state(claim, history, read);
    let sentence = match last_write_before(history, read) {
        _ if writer > read => format!("what #{read} gave was set by #{writer}, after the get had handed its value out"),
        Some(last) if last != writer && history.records[last].kind == Kind::Delete => {
            format!("what #{read} gave was set by #{writer}, before #{last} deleted it")
        }
        Some(last) if last != writer => format!("what #{read} gave was set by #{writer}, before #{last} replaced it"),
        _ => format!("what #{read} gave was set by #{writer}"),
    };
    Diagnosis::new(claim, sentence).with(writer)
}

/// Whether the claim admits every state that the register ever had.
fn is_of_origin(claim: RequirementId) -> bool {
    requirement::find(claim).concern == Concern::Origin
}

/// What a read refutes that gave a state which this register once had, where the case claims `claim`.
fn of_own_older_state(claim: RequirementId, history: &History, read: usize) -> RequirementId {
    let last = last_write_before(history, read).map(|write| history.records[write].kind);
    match last {
        _ if was_never_deleted(claim, history, read) => KveDel01,
        Some(Kind::Delete) if is_of_origin(claim) => KveDel01,
        _ if is_of_origin(claim) => KveCon02,
        _ => claim,
    }
}

/// Requirements that say that a state is left alone. One that never came was not left.
const LEFT_ALONE: [RequirementId; 3] = [KveKey02, KveBkt01, KveCon03];

/// Whether the claim is that an absent key was left alone, and no read ever saw it absent since its
/// delete. It does not hold of sets: a value that was evicted looks as if it had never been set.
fn was_never_deleted(claim: RequirementId, history: &History, read: usize) -> bool {
    let records = &history.records;
    let Some(last) = last_write_before(history, read).filter(|_| LEFT_ALONE.contains(&claim)) else { return false };
    let was_deleted = records[last].kind == Kind::Delete && records[last].outcome == Outcome::Ok;
    let is_of_register = |i: &usize| records[*i].register == records[read].register;
    let shows_absence = |i: usize| records[i].is_ok_read() && records[i].value == ABSENT;
    was_deleted && !(last + 1..read).filter(is_of_register).any(shows_absence)
}

/// The sets invoked before an operation was answered, the latest first, with their values.
fn sets_before(history: &History, read: usize) -> Vec<(usize, &[u8])> {
    let value = |i: usize| match &history.values[history.records[i].value as usize] {
        Value::Bytes(bytes) => Some((i, &**bytes)),
        Value::Named(_) => None,
    };
    let invoked = |&i: &usize| history.records[i].invoke < history.records[read].response;
    let sets = (0..history.records.len()).rev().filter(invoked).filter(|&i| history.records[i].kind == Kind::Set);
    sets.filter_map(value).collect()
}

/// What was made of one written value, in words that complete "it is that value, ...".
fn made_from(written: &[u8], seen: &[u8], own: &[(Option<usize>, &[u8])]) -> Option<(Fault, String)> {
    let (from, to) = (written.len(), seen.len());
    // First: to trim a value is to cut it, too.
    if let Some(made) = transformation(written, seen) {
        return Some((Fault::Altered, made.into()));
    }
    if from > to && written.starts_with(seen) {
        let at = cut_reason(written, to);
        return Some((Fault::Cut, format!("cut off after {to} of {from} bytes{at}")));
    }
    if from > 0 && to > from && seen.starts_with(written) {
        let tail = &seen[from..];
        let old = own.iter().find(|(_, v)| v.len() >= to && v[from..].starts_with(tail));
        return Some(match old {
            Some((Some(old), _)) => {
                (Fault::OldTail, format!("followed by {} bytes of the longer value that #{old} had set", to - from))
            }
            _ => (Fault::Extended, format!("with bytes added: {}", value_text(tail))),
        });
    }
    if to > 0 && from > to && written.ends_with(seen) {
        return Some((Fault::Cut, format!("without its first {} of {from} bytes", from - to)));
    }
    None
}

/// As [`made_from`], of a value that is merely alike.
fn altered(written: &[u8], seen: &[u8]) -> Option<(Fault, String)> {
    let (from, to) = (written.len(), seen.len());
    let equal = written.iter().zip(seen).filter(|(a, b)| a == b).count();
    let first = written.iter().zip(seen).take_while(|(a, b)| a == b).count();
    let stamped_alike = match (Stamp::read(written), Stamp::read(seen)) {
        (Some((a, _)), Some((b, Integrity::DiffersAt(_)))) => a == b,
        _ => false,
    };
    let is_alike = (from == to && from >= 4 && equal * 2 >= from) || stamped_alike;
    let (differing, all) = (from.max(to) - equal, from.max(to));
    is_alike.then(|| (Fault::Altered, format!("with {differing} of {all} bytes changed, from offset {first} on")))
}

fn cut_reason(written: &[u8], at: usize) -> &'static str {
    match written[at] {
        0 => ", right before a NUL",
        b'\r' | b'\n' => ", right before a line break",
        0x1a => ", right before a Ctrl-Z",
        byte if byte >= 0x80 => ", right before a byte that is not ASCII",
        _ => "",
    }
}

/// Well-known ways to spoil bytes.
fn transformation(written: &[u8], seen: &[u8]) -> Option<&'static str> {
    let replaced = |from: &[u8], to: &[u8]| replace(written, from, to) == seen;
    let text = || std::str::from_utf8(written).ok();
    let number = |bytes| std::str::from_utf8(bytes).ok().and_then(|t| t.trim().parse::<f64>().ok());
    match () {
        () if String::from_utf8_lossy(written).as_bytes() == seen => Some("with invalid UTF-8 replaced by U+FFFD"),
        () if written.iter().map(|&b| char::from(b)).collect::<String>().as_bytes() == seen => {
            Some("encoded as if its bytes were Latin-1 characters")
        }
        () if written.trim_ascii_end() == seen => Some("without the white space at its end"),
        () if written.trim_ascii() == seen => Some("without the white space around it"),
        () if written.strip_prefix(b"\xef\xbb\xbf") == Some(seen) => Some("without its byte order mark"),
        () if replaced(b"\r\n", b"\n") => Some("with CRLF turned into LF"),
        () if replaced(b"\n", b"\r\n") => Some("with LF turned into CRLF"),
        () if replaced(b"\0", b"") => Some("without its NUL bytes"),
        () if written.to_ascii_lowercase() == seen => Some("in lower case"),
        () if written.to_ascii_uppercase() == seen => Some("in upper case"),
        () if written.iter().map(|b| b & 0x7f).eq(seen.iter().copied()) => {
            Some("with the highest bit of bytes cleared")
        }
        () if written.len() > 1 && written.iter().rev().eq(seen) => Some("in reverse"),
        () if seen == hexadecimal(written) => Some("written in hexadecimal"),
        () if text().is_some_and(|t| format!("\"{t}\"").as_bytes() == seen || format!("{t:?}").as_bytes() == seen) => {
            Some("in quotes")
        }
        () if number(written).is_some() && number(written) == number(seen) => {
            Some("as the same number written otherwise")
        }
        () if seen.len() == written.len() * 2
            && seen.starts_with(written)
            && seen.ends_with(written)
            && !seen.is_empty() =>
        {
            Some("twice in a row")
        }
        () => None,
    }
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at..].starts_with(from) {
            out.extend_from_slice(to);
            at += from.len();
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    out
}

fn hexadecimal(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|b| format!("{b:02x}").into_bytes()).collect()
}

/// The fewest bytes of a second value that tell it from chance.
const MIXED_BYTES_MIN: usize = 4;

/// A value that begins as one written value and goes on as another: a sentence, and the writers.
fn mixture(candidates: &[(Option<usize>, &[u8])], seen: &[u8], read: usize) -> Option<(String, Vec<usize>)> {
    let name = |writer: Option<usize>| writer.map_or("what was to be read".into(), |w| format!("#{w}'s value"));
    for &(first, first_value) in candidates {
        let shared = first_value.iter().zip(seen).take_while(|(a, b)| a == b).count();
        let rest = &seen[shared..];
        if shared == 0 || rest.len() < MIXED_BYTES_MIN {
            continue;
        }
        let goes_on = |v: &[u8]| v.ends_with(rest) || v.get(shared..).is_some_and(|v| v.starts_with(rest));
        let second = candidates.iter().find(|(_, v)| *v != first_value && goes_on(v));
        if let Some(&(second, _)) = second {
            let sentence = format!(
                "what #{read} gave is a mixture: {shared} bytes as in {}, then {} bytes as in {}",
                name(first),
                rest.len(),
                name(second)
            );
            return Some((sentence, first.into_iter().chain(second).collect()));
        }
    }
    None
}
