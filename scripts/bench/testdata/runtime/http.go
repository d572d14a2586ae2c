package main

func handle(r *Request) Response {
	return Response{Status: 200, Type: "application/json", Body: add(r.Body)}
}
