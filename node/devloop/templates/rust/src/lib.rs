mod http;

use http::{Request, Response};

/// Called once per request, in the program as it was right after its start.
#[no_mangle]
pub extern "C" fn orb_handle() {
    http::serve(handle)
}

/// Answers one request: greets whom the query or the body names.
fn handle(r: &Request) -> Response {
    let mut name = r.param("name").unwrap_or_else(|| String::from_utf8_lossy(r.body).into_owned());
    if name.is_empty() {
        name = "world".to_string();
    }
    Response::text(200, format!("Hello, {}!\n", name))
}
