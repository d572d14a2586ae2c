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

	// MaxTableElements is how many elements all tables of a module may have together.
	MaxTableElements = 1 << 20

	maxModuleBytes = 64 << 20
	// What bounds the work and memory of compiling one function.
	maxBodyBytes = 4 << 20
	maxLocals    = 50_000
	maxTypes     = 1000
	maxNesting   = 10_000
	maxLabels    = 1 << 15 // compilers take the square of it; large programs have about a thousand
)
