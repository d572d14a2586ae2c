// The http contract on bare bytes: one HTTP/1.1 request on standard input, one response on standard output. It needs no library but libc and
// is yours to change. Requests are as gateways write them: a Content-Length, never chunks. Nothing is freed: the program sees one request.
#ifndef HTTP_H
#define HTTP_H

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

// Bytes of a known length, with no zero at the end.
struct text {
    const char *bytes;
    size_t length;
};

static inline struct text text(const char *s) { return (struct text){s, strlen(s)}; }

// One HTTP/1.1 request. Path and query are as they were sent, still escaped.
struct request {
    struct text method, path, query, headers, body;
};

// What a request is answered with; put adds to its body. Headers are further lines, each "Name: value\r\n", or NULL.
struct response {
    int status;
    const char *type, *headers;
    char *body;
    size_t length, room;
};

static void *need(void *memory) {
    if (memory == NULL) _exit(1);
    return memory;
}

// Adds bytes to the body.
static inline void put(struct response *w, struct text t) {
    if (w->length + t.length > w->room) {
        w->room = 2 * w->room + t.length + 256;
        w->body = need(realloc(w->body, w->room));
    }
    if (t.length > 0) memcpy(w->body + w->length, t.bytes, t.length);
    w->length += t.length;
}

// Cuts what comes before a separator off the front of rest; without one, all of it. Tells whether there was one.
static inline int cut(struct text *rest, char separator, struct text *front) {
    const char *at = rest->length > 0 ? memchr(rest->bytes, separator, rest->length) : NULL;
    size_t length = at != NULL ? (size_t)(at - rest->bytes) : rest->length, skip = length + (at != NULL);
    *front = (struct text){rest->bytes, length};
    *rest = (struct text){rest->bytes + skip, rest->length - skip};
    return at != NULL;
}

static inline int cut_line(struct text *rest, struct text *line) {
    int found = cut(rest, '\n', line);
    if (found && line->length > 0 && line->bytes[line->length - 1] == '\r') line->length--;
    return found;
}

// The first value of a header, or nothing. Case does not matter.
static inline struct text header(const struct request *r, const char *name) {
    size_t n = strlen(name);
    struct text rest = r->headers, line;
    while (rest.length > 0) {
        cut_line(&rest, &line);
        if (line.length <= n || line.bytes[n] != ':' || strncasecmp(line.bytes, name, n) != 0) continue;
        struct text value = {line.bytes + n + 1, line.length - n - 1};
        while (value.length > 0 && (*value.bytes == ' ' || *value.bytes == '\t')) value.bytes++, value.length--;
        return value;
    }
    return (struct text){"", 0};
}

static inline int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static inline struct text unescape(struct text t) {
    char *plain = need(malloc(t.length + 1));
    size_t n = 0;
    for (size_t i = 0; i < t.length; i++) {
        char c = t.bytes[i];
        if (c == '%' && i + 2 < t.length && hex(t.bytes[i + 1]) >= 0 && hex(t.bytes[i + 2]) >= 0) {
            c = (char)(hex(t.bytes[i + 1]) * 16 + hex(t.bytes[i + 2]));
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        plain[n++] = c;
    }
    return (struct text){plain, n};
}

// The first value of a query parameter, unescaped, or nothing.
static inline struct text param(const struct request *r, const char *name) {
    struct text rest = r->query, pair, key;
    while (rest.length > 0) {
        cut(&rest, '&', &pair);
        cut(&pair, '=', &key);
        key = unescape(key);
        if (key.length == strlen(name) && memcmp(key.bytes, name, key.length) == 0) return unescape(pair);
    }
    return (struct text){"", 0};
}

static inline int parse(struct text message, struct request *r) {
    struct text line, rest = message;
    cut_line(&rest, &line);
    if (!cut(&line, ' ', &r->method) || !cut(&line, ' ', &r->path) || line.length < 7 || memcmp(line.bytes, "HTTP/1.", 7) != 0) return 0;
    struct text target = r->path;
    cut(&target, '?', &r->path);
    r->query = target;
    const char *begin = rest.bytes;
    while (rest.length > 0) {
        cut_line(&rest, &line);
        if (line.length > 0) continue;
        r->headers = (struct text){begin, (size_t)(rest.bytes - begin)};
        r->body = rest;
        return 1;
    }
    return 0;
}

static inline struct text read_all(void) {
    size_t length = 0, room = 4096;
    char *bytes = need(malloc(room));
    for (ssize_t n; (n = read(0, bytes + length, room - length)) > 0;) {
        length += (size_t)n;
        if (length == room) bytes = need(realloc(bytes, room *= 2));
    }
    return (struct text){bytes, length};
}

// For people who read the bytes; programs go by the number.
static inline const char *reason(int status) {
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

static inline void put_number(struct response *w, size_t number) {
    char digits[20];
    size_t at = sizeof digits;
    do digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    put(w, (struct text){digits + at, sizeof digits - at});
}

// Reads the request, has it handled and writes the response.
static inline void serve(void (*handle)(const struct request *, struct response *)) {
    struct request r = {0};
    struct response w = {.status = 200, .type = "text/plain; charset=utf-8"}, message = {0};
    if (parse(read_all(), &r)) {
        handle(&r, &w);
    } else {
        w.status = 400;
        put(&w, text("this is no HTTP/1.1 request\n"));
    }
    put(&message, text("HTTP/1.1 "));
    put_number(&message, (size_t)w.status);
    put(&message, text(" "));
    put(&message, text(reason(w.status)));
    put(&message, text("\r\nContent-Type: "));
    put(&message, text(w.type));
    put(&message, text("\r\n"));
    if (w.headers != NULL) put(&message, text(w.headers));
    put(&message, text("Content-Length: "));
    put_number(&message, w.length);
    put(&message, text("\r\n\r\n"));
    put(&message, (struct text){w.body, w.length});
    for (size_t done = 0; done < message.length;) {
        ssize_t n = write(1, message.body + done, message.length - done);
        if (n <= 0) _exit(1);
        done += (size_t)n;
    }
}

#endif
