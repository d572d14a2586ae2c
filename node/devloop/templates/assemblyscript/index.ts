import { Request, Response, serve } from "./http";

// Answers one request: greets whom the query or the body names.
function handle(r: Request): Response {
  let name = r.param("name");
  if (name == "") name = r.text();
  if (name == "") name = "world";
  return Response.text(200, "Hello, " + name + "!\n");
}

// Called once per request, in the program as it was right after its start.
export function orb_handle(): void {
  serve(handle);
}
