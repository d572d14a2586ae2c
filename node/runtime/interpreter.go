package runtime

import _ "unsafe" // for linkname

// interpreterFrames is how many nested calls wazero's interpreter allows, 2,000 unless told. What a function may do is bounded by pkg/wasm
// alone, at more than that, or the interpreter would give other results than the compiler.
//
//go:linkname interpreterFrames github.com/tetratelabs/wazero/internal/engine/interpreter.callStackCeiling
var interpreterFrames int

func init() { interpreterFrames = 1 << 17 }
