package wasm

// Limits that hold for every function, wherever it runs. Fuel and memory are each version's own.
const (
	// MaxRequestBytes and MaxResponseBytes bound what a function reads and writes for one request.
	MaxRequestBytes  = 4 << 20
	MaxResponseBytes = 4 << 20
	// MaxLogBytes is how much of standard error is kept for one request.
	MaxLogBytes = 64 << 10

	// PageSize of linear memory in bytes.
	PageSize = 64 << 10
	// maxMemoryPages is the most that a 32-bit memory can have.
	maxMemoryPages = 1 << 16

	maxModuleBytes   = 64 << 20
	maxLocals        = 50_000
	maxTableElements = 1 << 20
)
