package devnet

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
)

// echo is a filter that a host compiles in a millisecond: where a run is about the network, a Go program would keep ten hosts of one machine
// busy for half a minute. The artifacts of its 64 variants, whose buffers lie elsewhere, differ.
//
//	(module
//	  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
//	  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
//	  (memory (export "memory") 1)
//	  (func (export "_start")
//	    (loop $more
//	      (i32.store (i32.const 0) (i32.const 16))
//	      (i32.store (i32.const 4) (i32.const 64))
//	      (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
//	      (if (i32.load (i32.const 8)) (then
//	        (i32.store (i32.const 4) (i32.load (i32.const 8)))
//	        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
//	        (br $more))))))
func echo(variant byte) []byte {
	const typeSection, importSection, functionSection, memorySection, exportSection, codeSection = 1, 2, 3, 5, 7, 10
	wasi := name("wasi_snapshot_preview1")
	body := []byte{
		0, 0x03, 0x40,
		0x41, 0, 0x41, 16, 0x36, 2, 0,
		0x41, 4, 0x41, 0xc0 | variant&63, 0x00, 0x36, 2, 0,
		0x41, 0, 0x41, 0, 0x41, 1, 0x41, 8, 0x10, 0, 0x1a,
		0x41, 8, 0x28, 2, 0, 0x04, 0x40,
		0x41, 4, 0x41, 8, 0x28, 2, 0, 0x36, 2, 0,
		0x41, 1, 0x41, 0, 0x41, 1, 0x41, 12, 0x10, 1, 0x1a,
		0x0c, 1, 0x0b, 0x0b, 0x0b,
	}
	return slices.Concat(
		[]byte("\x00asm\x01\x00\x00\x00"),
		section(typeSection, []byte{2, 0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f, 0x60, 0, 0}),
		section(importSection, []byte{2}, wasi, name("fd_read"), []byte{0, 0}, wasi, name("fd_write"), []byte{0, 0}),
		section(functionSection, []byte{1, 1}),
		section(memorySection, []byte{1, 0, 1}),
		section(exportSection, []byte{2}, name("memory"), []byte{2, 0}, name("_start"), []byte{0, 2}),
		section(codeSection, []byte{1, byte(len(body))}, body),
	)
}

// section and name are for less than 128 bytes.
func section(id byte, parts ...[]byte) []byte {
	content := slices.Concat(parts...)
	return append([]byte{id, byte(len(content))}, content...)
}

func name(text string) []byte { return append([]byte{byte(len(text))}, text...) }

// WriteEcho makes a folder the source of a function that answers with its request. Variants have artifacts of their own.
func WriteEcho(dir string, variant byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		"echo.wasm":  echo(variant),
		"sample.txt": bytes.Repeat([]byte("sample "), 64), // the chain wants a complexity of at least 1,000
		"orb.json":   []byte(`{"contract": "filter", "sample": "sample.txt", "memory_mib": 1, "build": {"command": ["true"], "output": "echo.wasm"}}`),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}
