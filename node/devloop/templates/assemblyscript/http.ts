// The http contract on bare bytes: one HTTP/1.1 request on standard input, one response on standard output. It needs no package and is yours
// to change. Requests are as gateways write them: a Content-Length, never chunks. Nothing is freed: the program sees one request.

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_read")
declare function fd_read(fd: i32, iovs: usize, count: i32, done: usize): i32;

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: i32, iovs: usize, count: i32, done: usize): i32;

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "proc_exit")
declare function proc_exit(status: i32): void;

// Where the compiler sends what went wrong: into the log.
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  write(2, String.UTF8.encode((file ? file : "") + ":" + line.toString() + ": " + (message ? message : "aborted") + "\n"));
  proc_exit(1);
}

const LF: u8 = 10;
const CR: u8 = 13;

// One HTTP/1.1 request. Path and query are as they were sent, still escaped.
export class Request {
  method: string = "";
  path: string = "";
  query: string = "";
  body: Uint8Array = new Uint8Array(0);
  private lines: string[] = [];

  // Takes a message apart; null says that it is no HTTP/1.1 request.
  static parse(message: Uint8Array): Request | null {
    const r = new Request();
    let at = 0;
    for (let first = true; at < message.length; first = false) {
      const end = message.indexOf(LF, at);
      if (end < 0) return null;
      const stop = end > at && message[end - 1] == CR ? end - 1 : end;
      const line = String.UTF8.decodeUnsafe(message.dataStart + at, stop - at);
      at = end + 1;
      if (first) {
        const words = line.split(" ");
        if (words.length != 3 || !words[2].startsWith("HTTP/1.")) return null;
        const mark = words[1].indexOf("?");
        r.method = words[0];
        r.path = mark < 0 ? words[1] : words[1].substring(0, mark);
        r.query = mark < 0 ? "" : words[1].substring(mark + 1);
      } else if (line.length == 0) {
        r.body = message.subarray(at);
        return r;
      } else {
        r.lines.push(line);
      }
    }
    return null;
  }

  // The first value of a header, or "". Case does not matter.
  header(name: string): string {
    const wanted = name.toLowerCase();
    for (let i = 0; i < this.lines.length; i++) {
      const line = this.lines[i];
      const colon = line.indexOf(":");
      if (colon > 0 && line.substring(0, colon).toLowerCase() == wanted) return line.substring(colon + 1).trim();
    }
    return "";
  }

  // The first value of a query parameter, unescaped, or "".
  param(name: string): string {
    const pairs = this.query.split("&");
    for (let i = 0; i < pairs.length; i++) {
      const equals = pairs[i].indexOf("=");
      const key = equals < 0 ? pairs[i] : pairs[i].substring(0, equals);
      if (unescape(key) == name) return equals < 0 ? "" : unescape(pairs[i].substring(equals + 1));
    }
    return "";
  }

  // The body as text.
  text(): string {
    return String.UTF8.decodeUnsafe(this.body.dataStart, this.body.length);
  }
}

function unescape(text: string): string {
  const bytes = Uint8Array.wrap(String.UTF8.encode(text));
  const plain = new Uint8Array(bytes.length);
  let n = 0;
  for (let i = 0; i < bytes.length; i++) {
    let c = bytes[i];
    if (c == 37 && i + 2 < bytes.length && hex(bytes[i + 1]) >= 0 && hex(bytes[i + 2]) >= 0) {
      c = <u8>(hex(bytes[i + 1]) * 16 + hex(bytes[i + 2]));
      i += 2;
    } else if (c == 43) {
      c = 32;
    }
    plain[n++] = c;
  }
  return String.UTF8.decodeUnsafe(plain.dataStart, n);
}

function hex(c: u8): i32 {
  if (c >= 48 && c <= 57) return c - 48;
  c |= 32;
  return c >= 97 && c <= 102 ? c - 87 : -1;
}

// What a request is answered with. Headers are further lines of the form "Name: value".
export class Response {
  headers: string[] = [];
  constructor(public status: i32, public type: string, public body: ArrayBuffer) {}

  // A response of plain text.
  static text(status: i32, body: string): Response {
    return new Response(status, "text/plain; charset=utf-8", String.UTF8.encode(body));
  }

  head(): string {
    let head = "HTTP/1.1 " + this.status.toString() + " " + reason(this.status) + "\r\nContent-Type: " + this.type + "\r\n";
    for (let i = 0; i < this.headers.length; i++) {
      const line = this.headers[i];
      // A line with a break in it would begin a header of somebody else's choice.
      if (line.indexOf("\r") < 0 && line.indexOf("\n") < 0) head += line + "\r\n";
    }
    return head + "Content-Length: " + this.body.byteLength.toString() + "\r\n\r\n";
  }
}

// For people who read the bytes; programs go by the number.
function reason(status: i32): string {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 204: return "No Content";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 500: return "Internal Server Error";
    default: return "";
  }
}

// A buffer and its length for WASI, and how many of its bytes were done.
const iov = memory.data(12);

function readAll(): Uint8Array {
  let room = 4096, length = 0;
  let buffer = new ArrayBuffer(room);
  for (;;) {
    store<u32>(iov, <u32>(changetype<usize>(buffer) + length));
    store<u32>(iov, <u32>(room - length), 4);
    if (fd_read(0, iov, 1, iov + 8) != 0) break;
    const n = <i32>load<u32>(iov, 8);
    if (n == 0) break;
    length += n;
    if (length == room) {
      room *= 2;
      const larger = new ArrayBuffer(room);
      memory.copy(changetype<usize>(larger), changetype<usize>(buffer), length);
      buffer = larger;
    }
  }
  return Uint8Array.wrap(buffer, 0, length);
}

function write(fd: i32, buffer: ArrayBuffer): void {
  for (let done = 0; done < buffer.byteLength;) {
    store<u32>(iov, <u32>(changetype<usize>(buffer) + done));
    store<u32>(iov, <u32>(buffer.byteLength - done), 4);
    if (fd_write(fd, iov, 1, iov + 8) != 0) proc_exit(1);
    done += <i32>load<u32>(iov, 8);
  }
}

// Reads the request, has it handled and writes the response.
export function serve(handle: (r: Request) => Response): void {
  const request = Request.parse(readAll());
  const response = request ? handle(request) : Response.text(400, "this is no HTTP/1.1 request\n");
  write(1, String.UTF8.encode(response.head()));
  write(1, response.body);
}
