//! Where in a function to count: pure, no rewriting.
//!
//! Control flow in WebAssembly is structured, so edges can be told from the operators alone. Each
//! of these places has a counter: the start of the function, heads of loops, both arms of an `if`,
//! what follows a conditional branch that is not taken, and the end of a block that something
//! branches to. Every path through a function then leaves its own trace, but for the targets of a
//! `br_table` that share a block end with another edge.

use wasmparser::{Catch, FunctionBody, Operator};

/// The places to count in one function, beside its start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FunctionPlan {
    /// In the order of operators.
    pub(super) sites: Vec<Site>,
}

/// A place to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Site {
    /// The operator, numbered from 0 within its function.
    pub(super) operator: u32,
    /// What to count there.
    pub(super) kind: SiteKind,
}

/// What to count at an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SiteKind {
    /// After the operator, an edge.
    Edge,
    /// Before the operator, how close the topmost operand is to a constant.
    Comparison(Comparison),
    /// Before the operator, its two operands.
    Operands(Width),
}

/// A comparison of some operand with a constant that may be part of an input.
///
/// Its byte in the region is the closeness: 0 when it was never reached, else one more than the
/// greatest number of bits in which operand and constant agreed. So 33 (or 65) says: equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Comparison {
    /// How wide both are.
    pub width: Width,
    /// The constant; of 32 bits, extended with zeroes.
    pub constant: u64,
}

/// The width of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Width {
    /// `i32`
    Bits32,
    /// `i64`
    Bits64,
}

/// Why a function has no plan.
#[derive(Debug)]
pub(super) enum PlanError {
    /// It cannot be parsed.
    Malformed(wasmparser::Error),
    /// It has control flow that the plan does not know.
    Unsupported(&'static str),
}

impl From<wasmparser::Error> for PlanError {
    fn from(error: wasmparser::Error) -> Self {
        PlanError::Malformed(error)
    }
}

impl FunctionPlan {
    /// The plan of a function.
    ///
    /// # Errors
    /// When its code is malformed, or has control flow of a proposal that is not known here.
    pub(super) fn of(body: &FunctionBody<'_>) -> Result<Self, PlanError> {
        let mut planner = Planner::default();
        for (number, operator) in (0..).zip(body.get_operators_reader()?) {
            planner.visit(number, operator?)?;
        }
        Ok(FunctionPlan { sites: planner.sites })
    }

    /// How many edges the function has, its start included.
    pub(super) fn edge_count(&self) -> usize {
        1 + self.sites.iter().filter(|site| site.kind == SiteKind::Edge).count()
    }

    /// The comparisons, in order.
    pub(super) fn comparisons(&self) -> impl Iterator<Item = Comparison> {
        self.sites.iter().filter_map(|site| match site.kind {
            SiteKind::Comparison(comparison) => Some(comparison),
            _ => None,
        })
    }

    /// How many places keep the operands of a comparison.
    pub(super) fn compared_count(&self) -> usize {
        self.sites.iter().filter(|site| matches!(site.kind, SiteKind::Operands(_))).count()
    }
}

/// An open block.
#[derive(Debug, Clone, Copy)]
struct Block {
    is_loop: bool,
    /// Something branches to its label, or control joins at its end.
    is_target: bool,
}

#[derive(Default)]
struct Planner {
    sites: Vec<Site>,
    blocks: Vec<Block>,
    /// The operator before, where it is a constant.
    constant: Option<Comparison>,
}

impl Planner {
    fn visit(&mut self, number: u32, operator: Operator<'_>) -> Result<(), PlanError> {
        match self.constant.take() {
            Some(comparison) if is_comparison(&operator, comparison) => {
                // Before the constant was pushed, the operand was topmost.
                self.sites.push(Site { operator: number - 1, kind: SiteKind::Comparison(comparison) });
            }
            Some(_) => {}
            None => match operator {
                Operator::I32Eq | Operator::I32Ne => self.operands(number, Width::Bits32),
                Operator::I64Eq | Operator::I64Ne => self.operands(number, Width::Bits64),
                _ => {}
            },
        }
        match operator {
            Operator::I32Const { value } => {
                self.constant = Some(Comparison { width: Width::Bits32, constant: u64::from(value.cast_unsigned()) });
            }
            Operator::I64Const { value } => {
                self.constant = Some(Comparison { width: Width::Bits64, constant: value.cast_unsigned() });
            }
            Operator::Block { .. } => self.open(false, false),
            Operator::Loop { .. } => {
                self.open(true, false);
                self.edge(number);
            }
            Operator::If { .. } => {
                self.open(false, true);
                self.edge(number);
            }
            Operator::Else => self.edge(number),
            Operator::TryTable { try_table } => {
                try_table.catches.iter().for_each(|catch| self.branch(catch_label(catch)));
                self.open(false, false);
            }
            Operator::End => {
                // The end of the function itself closes no block of ours.
                if let Some(block) = self.blocks.pop()
                    && block.is_target
                    && !block.is_loop
                {
                    self.edge(number);
                }
            }
            Operator::Br { relative_depth } => self.branch(relative_depth),
            Operator::BrIf { relative_depth }
            | Operator::BrOnNull { relative_depth }
            | Operator::BrOnNonNull { relative_depth }
            | Operator::BrOnCast { relative_depth, .. }
            | Operator::BrOnCastFail { relative_depth, .. } => {
                self.branch(relative_depth);
                self.edge(number);
            }
            Operator::BrTable { targets } => {
                self.branch(targets.default());
                for target in targets.targets() {
                    self.branch(target?);
                }
            }
            other => refuse_unknown_control(&other)?,
        }
        Ok(())
    }

    fn open(&mut self, is_loop: bool, is_target: bool) {
        self.blocks.push(Block { is_loop, is_target });
    }

    fn operands(&mut self, operator: u32, width: Width) {
        self.sites.push(Site { operator, kind: SiteKind::Operands(width) });
    }

    fn edge(&mut self, operator: u32) {
        self.sites.push(Site { operator, kind: SiteKind::Edge });
    }

    /// A branch to the label that many blocks out. The outermost label is the function's own:
    /// branching to it returns, and needs no counter.
    fn branch(&mut self, depth: u32) {
        if let Some(block) = self.blocks.iter_mut().rev().nth(depth as usize) {
            block.is_target = true;
        }
    }
}

fn catch_label(catch: &Catch) -> u32 {
    match *catch {
        Catch::One { label, .. } | Catch::OneRef { label, .. } | Catch::All { label } | Catch::AllRef { label } => {
            label
        }
    }
}

/// Whether the operator compares its operand with a constant that may be part of an input.
///
/// Compilers compare short strings a word at a time, also as `xor` with a constant whose result
/// is tested later; there a small constant is a flag, as a power of two is a mask. What is smaller
/// than the first printable character is a length or a tag: edges show those well enough.
fn is_comparison(operator: &Operator<'_>, constant: Comparison) -> bool {
    let Comparison { width, constant: bits } = constant;
    let magnitude = match width {
        Width::Bits32 => u64::from((bits as u32).cast_signed().unsigned_abs()),
        Width::Bits64 => bits.cast_signed().unsigned_abs(),
    };
    match (width, operator) {
        (Width::Bits32, Operator::I32Eq | Operator::I32Ne) | (Width::Bits64, Operator::I64Eq | Operator::I64Ne) => {
            magnitude >= FIRST_PRINTABLE
        }
        (Width::Bits32, Operator::I32Xor) | (Width::Bits64, Operator::I64Xor) => {
            magnitude > u64::from(u8::MAX) && !bits.is_power_of_two()
        }
        _ => false,
    }
}

/// The first printable character of ASCII.
const FIRST_PRINTABLE: u64 = 0x20;

fn refuse_unknown_control(operator: &Operator<'_>) -> Result<(), PlanError> {
    match operator {
        Operator::Try { .. }
        | Operator::Catch { .. }
        | Operator::CatchAll
        | Operator::Rethrow { .. }
        | Operator::Delegate { .. } => Err(PlanError::Unsupported("legacy exception handling")),
        Operator::ContNew { .. }
        | Operator::ContBind { .. }
        | Operator::Suspend { .. }
        | Operator::Resume { .. }
        | Operator::ResumeThrow { .. }
        | Operator::ResumeThrowRef { .. }
        | Operator::Switch { .. } => Err(PlanError::Unsupported("stack switching")),
        Operator::BrOnCastDescEq { .. } | Operator::BrOnCastDescEqFail { .. } => {
            Err(PlanError::Unsupported("custom descriptors"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan_of(body: &str) -> Result<FunctionPlan, PlanError> {
        let module = wat::parse_str(format!("(module (tag $t) (func (param i32) {body}))")).unwrap();
        let mut payloads = wasmparser::Parser::new(0).parse_all(&module);
        let body = payloads.find_map(|payload| match payload.unwrap() {
            wasmparser::Payload::CodeSectionEntry(body) => Some(body),
            _ => None,
        });
        FunctionPlan::of(&body.unwrap())
    }

    /// The numbers of the operators that are followed by an edge.
    fn edges(body: &str) -> Vec<u32> {
        plan_of(body).unwrap().sites.iter().map(|site| site.operator).collect()
    }

    #[test]
    fn catching_branches_to_the_block_around() {
        // 0 block, 1 try_table, 2 throw, 3 and 4 their ends.
        assert_eq!(edges("(block $b (try_table (catch $t $b) (throw $t)))"), [4]);
        // A catch counts its labels from outside the try_table.
        assert_eq!(edges("(block $b (try_table (catch_all $b) (br 0)))"), [3, 4]);
    }

    #[test]
    fn references_that_are_tested_are_conditional_branches() {
        // 0 block, 1 ref.null, 2 br_on_null, 3 drop, 4 end.
        assert_eq!(edges("(block $b (drop (br_on_null $b (ref.null func))))"), [2, 4]);
    }

    #[test]
    fn returning_by_a_branch_needs_no_edge() {
        assert_eq!(edges("(br 0)"), Vec::<u32>::new());
        assert_eq!(edges("(block (br_table 0 1 (local.get 0)))"), [3]);
    }

    #[test]
    fn unknown_control_flow_is_refused() {
        assert!(matches!(plan_of("try catch_all end"), Err(PlanError::Unsupported("legacy exception handling"))));
    }
}
