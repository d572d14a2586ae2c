#include "http.h"

// Answers one request: greets whom the query or the body names.
static void handle(const struct request *r, struct response *w) {
    struct text name = param(r, "name");
    if (name.length == 0) name = r->body;
    if (name.length == 0) name = text("world");
    put(w, text("Hello, "));
    put(w, name);
    put(w, text("!\n"));
}

// Called once per request, in the program as it was right after its start.
__attribute__((export_name("orb_handle"))) void orb_handle(void) { serve(handle); }
