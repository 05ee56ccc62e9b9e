//! What an interface consists of, in the text of types and of core code.

/// One function of an interface.
pub struct Function {
    /// As the interface has it, such as `[method]bucket.get`.
    pub name: &'static str,
    /// Parameters, as text of the component model.
    pub parameters: String,
    /// The type of the result.
    pub result: String,
    /// The parameters as core types, but for where the result goes.
    pub core: &'static str,
    /// Whether the result is put into memory: where it takes more than one core value.
    pub is_in_memory: bool,
    /// The first parameter is a borrow of this resource, to be dropped before the end.
    pub borrows: Option<&'static str>,
}

impl Function {
    /// One that gives this, or an error of the type `$error`.
    pub(super) fn fallible(name: &'static str, parameters: &str, good: &str, core: &'static str) -> Self {
        let result = format!("(result {good} (error $error))");
        Self { name, parameters: parameters.into(), result, core, is_in_memory: true, borrows: None }
    }

    /// One that gives a string.
    pub(super) fn text(name: &'static str, parameters: &str, core: &'static str) -> Self {
        let result = "string".into();
        Self { name, parameters: parameters.into(), result, core, is_in_memory: true, borrows: None }
    }

    /// Its type.
    pub fn ty(&self) -> String {
        format!("(func {} (result {}))", self.parameters, self.result)
    }
}

/// An interface with its functions.
pub struct Interface {
    /// What text calls the instance, and what it is called without package and version.
    pub name: String,
    /// Under which it is imported.
    pub id: String,
    /// What lies in it besides functions: declared where it is imported.
    pub types: String,
    /// The names of those types, as exported and as text calls them.
    pub type_names: Vec<(&'static str, String)>,
    /// In the order of the text.
    pub functions: Vec<Function>,
}
