package wasmtest

import "bytes"

// Echo is a filter that answers with a greeting of at most 32 bytes and the first 4096 of the request, and logs the greeting. To requests that
// begin with "exit", "trap" and "loop" it does just that.
func Echo(greeting string) []byte {
	const read, write, exit = 1, 0, 2
	i32, wasi := []byte{I32}, "wasi_snapshot_preview1"
	store := func(at, value int32) []byte {
		return Code(I32Const(at), I32Const(value), 0x36, 2, 0)
	}
	io := func(function int, fd, vector int32) []byte {
		return Code(I32Const(fd), I32Const(vector), I32Const(1), I32Const(8), 0x10, function, 0x1a)
	}
	onFirst := func(letter byte, code ...any) []byte {
		return Code(I32Const(64), 0x2d, 0, 0, I32Const(int32(letter)), 0x46, 0x04, 0x40, Code(code...), 0x0b)
	}
	m := Command(
		store(0, 64), store(4, 4096), io(read, 0, 0),
		onFirst('e', I32Const(3), 0x10, exit), onFirst('t', 0x00), onFirst('l', 0x03, 0x40, 0x0c, 0, 0x0b),
		I32Const(4), I32Const(8), 0x28, 2, 0, 0x36, 2, 0,
		store(16, 32), store(20, int32(len(greeting))), io(write, 1, 16), io(write, 1, 0), io(write, 2, 16),
	)
	m.Imports = []Import{
		{Module: wasi, Name: "fd_write", Params: bytes.Repeat(i32, 4), Results: i32},
		{Module: wasi, Name: "fd_read", Params: bytes.Repeat(i32, 4), Results: i32},
		{Module: wasi, Name: "proc_exit", Params: i32},
	}
	m.Data = []Data{{Offset: 32, Bytes: []byte(greeting)}}
	return m.Bytes()
}
