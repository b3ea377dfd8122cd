//! Files of another build are never used, whichever of them the worker gets.

use offloop::{Error, WorkerOptions};
use wasm_bindgen_test::wasm_bindgen_test;

use super::tasks::double;
use super::watch::data_script;
use super::{SOON, pool_with};

/// What becomes of a job whose worker loads this instead of the program's glue.
async fn run_on_glue(glue: &str) -> Result<u64, Error> {
    let pool = pool_with(1, WorkerOptions::default().glue(data_script(glue)));
    let result = pool.within(SOON).run(double, 21).await;
    pool.close().await;
    result
}

/// Glue that gives the module these functions, and a program that answers wrongly.
fn glue(imports: &str) -> String {
    format!(
        "export default async ({{ module_or_path: module }}) => {{
             const imports = {{}};
             for (const {{ module: from, name }} of WebAssembly.Module.imports(module)) (imports[from] ??= {{}})[name] = {imports};
             await WebAssembly.instantiate(module, imports);
         }};
         export const __offloop_serve = () => postMessage(true);"
    )
}

#[wasm_bindgen_test]
async fn glue_of_another_build_is_not_given_the_module() {
    for imports in ["() => 0", "(a, b) => a + b", "new WebAssembly.Global({ value: 'i32' }, 1)"] {
        let result = run_on_glue(&glue(imports)).await;
        assert!(matches!(result, Err(Error::Skew { ours, theirs }) if ours != theirs), "{imports}: {result:?}");
    }
}

#[wasm_bindgen_test]
async fn glue_that_lacks_what_the_module_wants_is_of_another_build() {
    let result = run_on_glue(&glue("() => 0").replace("(imports[from] ??= {})[name] =", "")).await;
    assert!(matches!(result, Err(Error::Skew { .. })), "{result:?}");
}

#[wasm_bindgen_test]
async fn files_that_do_not_fit_together_are_of_two_builds() {
    let other = data_script("export const known = 1;");
    let result = run_on_glue(&format!("import {{ unknown }} from '{other}'; export default () => unknown;")).await;
    assert!(matches!(result, Err(Error::Skew { .. })), "{result:?}");
}

#[wasm_bindgen_test]
async fn skew_asks_to_reload() {
    let error = run_on_glue(&glue("() => 0")).await.unwrap_err();
    assert!(error.to_string().contains("reload"), "{error}");
}
