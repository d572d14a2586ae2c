//! The http contract on bare bytes: one HTTP/1.1 request on standard input, one response on standard output. It needs no crate and is yours
//! to change. Requests are as gateways write them: a Content-Length, never chunks.
#![allow(dead_code)]

use std::io::{self, Read, Write};

/// One HTTP/1.1 request. Path and query are as they were sent, still escaped.
pub struct Request<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub query: &'a str,
    pub body: &'a [u8],
    headers: &'a [u8],
}

impl<'a> Request<'a> {
    /// Takes a message apart.
    fn parse(message: &'a [u8]) -> Option<Request<'a>> {
        let (line, headers) = cut_line(message);
        let mut words = std::str::from_utf8(line).ok()?.splitn(3, ' ');
        let (method, target, version) = (words.next()?, words.next()?, words.next()?);
        if !version.starts_with("HTTP/1.") {
            return None;
        }
        let (path, query) = match target.find('?') {
            Some(at) => (&target[..at], &target[at + 1..]),
            None => (target, ""),
        };
        let mut rest = headers;
        while !rest.is_empty() {
            let (line, after) = cut_line(rest);
            rest = after;
            if line.is_empty() {
                return Some(Request { method, path, query, body: rest, headers: &headers[..headers.len() - rest.len()] });
            }
        }
        None
    }

    /// The first value of a header. Case does not matter.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let mut rest = self.headers;
        while !rest.is_empty() {
            let (line, after) = cut_line(rest);
            rest = after;
            let n = name.len();
            if line.len() > n && line[n] == b':' && line[..n].eq_ignore_ascii_case(name.as_bytes()) {
                return std::str::from_utf8(&line[n + 1..]).ok().map(str::trim);
            }
        }
        None
    }

    /// The first value of a query parameter, unescaped.
    pub fn param(&self, name: &str) -> Option<String> {
        for pair in self.query.split('&') {
            let (key, value) = match pair.find('=') {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, ""),
            };
            if unescape(key) == name {
                return Some(unescape(value));
            }
        }
        None
    }
}

fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let code = if bytes[i] == b'%' {
            text.get(i + 1..i + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok())
        } else {
            None
        };
        match (bytes[i], code) {
            (_, Some(byte)) => {
                plain.push(byte);
                i += 2;
            }
            (b'+', _) => plain.push(b' '),
            (byte, _) => plain.push(byte),
        }
        i += 1;
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// The first line without its end, and what follows it.
fn cut_line(b: &[u8]) -> (&[u8], &[u8]) {
    match b.iter().position(|&c| c == b'\n') {
        None => (b, &[]),
        Some(end) if end > 0 && b[end - 1] == b'\r' => (&b[..end - 1], &b[end + 1..]),
        Some(end) => (&b[..end], &b[end + 1..]),
    }
}

/// What a request is answered with. Headers are further lines of the form "Name: value".
pub struct Response {
    pub status: u16,
    pub content_type: &'static str,
    pub headers: Vec<String>,
    pub body: Vec<u8>,
}

impl Response {
    /// A response of plain text.
    pub fn text(status: u16, body: impl Into<String>) -> Response {
        Response { status, content_type: "text/plain; charset=utf-8", headers: Vec::new(), body: body.into().into_bytes() }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mut b = Vec::with_capacity(256 + self.body.len());
        write!(b, "HTTP/1.1 {} {}\r\nContent-Type: {}\r\n", self.status, reason(self.status), self.content_type)?;
        // A line with a break in it would begin a header of somebody else's choice.
        for line in self.headers.iter().filter(|line| !line.contains(&['\r', '\n'][..])) {
            write!(b, "{}\r\n", line)?;
        }
        write!(b, "Content-Length: {}\r\n\r\n", self.body.len())?;
        b.extend_from_slice(&self.body);
        out.write_all(&b)
    }
}

/// For people who read the bytes; programs go by the number.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        500 => "Internal Server Error",
        _ => "",
    }
}

/// Reads the request, has it handled and writes the response.
pub fn serve(handle: fn(&Request) -> Response) {
    let mut message = Vec::with_capacity(4096);
    let mut out = io::stdout();
    let done = io::stdin().read_to_end(&mut message).and_then(|_| {
        let response = match Request::parse(&message) {
            Some(request) => handle(&request),
            None => Response::text(400, "this is no HTTP/1.1 request\n"),
        };
        response.write(&mut out)?;
        out.flush()
    });
    if let Err(error) = done {
        eprintln!("{}", error);
        std::process::exit(1);
    }
}
