//! How the mutants of the profile are listed.

/// A list of mutants: name, what it breaks, where such a bug comes from, and the hooks.
macro_rules! mutants {
    ($($name:literal: [$($id:ident),+] $story:literal { $($hook:ident: $function:expr),+ $(,)? })+) => {
        pub(super) const MUTANTS: &[crate::stores::mutants::mutant::Mutant] = &[$({
            const HOOKS: Hooks = Hooks { $($hook: $function,)+ ..CORRECT };
            crate::stores::mutants::mutant::Mutant::new($name, &[$(kvspec_reference::RequirementId::$id),+], $story, |_seed| super::base::with(&HOOKS))
                .declaring(super::declared::declaration)
        }),+];
    };
}
pub(super) use mutants;
