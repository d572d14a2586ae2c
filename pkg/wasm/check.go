// Package wasm prepares modules for execution: it checks them against the function contract, strips what only developers need, and
// rewrites them so that execution is metered. It never runs one. The same rewriting happens on a laptop, at an attester and on a host,
// so that fuel is the same number everywhere.
package wasm

const (
	wasiModule = "wasi_snapshot_preview1"
	entryPoint = "_start"
)

// wasiFunctions are the functions of WASI preview 1. What a function may not do, such as opening files, fails when it is called.
var wasiFunctions = []string{
	"args_get", "args_sizes_get", "clock_res_get", "clock_time_get", "environ_get", "environ_sizes_get", "fd_advise", "fd_allocate",
	"fd_close", "fd_datasync", "fd_fdstat_get", "fd_fdstat_set_flags", "fd_fdstat_set_rights", "fd_filestat_get", "fd_filestat_set_size",
	"fd_filestat_set_times", "fd_pread", "fd_prestat_dir_name", "fd_prestat_get", "fd_pwrite", "fd_read", "fd_readdir", "fd_renumber",
	"fd_seek", "fd_sync", "fd_tell", "fd_write", "path_create_directory", "path_filestat_get", "path_filestat_set_times", "path_link",
	"path_open", "path_readlink", "path_remove_directory", "path_rename", "path_symlink", "path_unlink_file", "poll_oneoff", "proc_exit",
	"proc_raise", "random_get", "sched_yield", "sock_accept", "sock_recv", "sock_send", "sock_shutdown",
}

// Info is what a module says of itself.
type Info struct {
	// Functions is how many functions it defines, Imports how many it takes from WASI.
	Functions, Imports int
	// MemoryPages is its memory at start, in pages of 64 KiB.
	MemoryPages uint32
}

// Check holds a module against the function contract: a core module with WASI preview 1 as its only import, one memory exported as
// "memory", an entry point "_start" that takes and gives nothing, and no feature whose results differ between machines. A refusal is an
// *Error. No bytes make it panic.
func Check(data []byte) (Info, error) {
	m, err := decode(data)
	if err != nil {
		return Info{}, err
	}
	if err := m.checkContract(); err != nil {
		return Info{}, err
	}
	return Info{Functions: len(m.functions), Imports: len(m.imports), MemoryPages: m.memory.min}, nil
}

func (m *module) checkContract() error {
	refuse := func(reason string) error { return &Error{Offset: len(m.data), Reason: reason} }
	if m.memory == nil {
		return refuse("there is no memory")
	}
	if e, ok := m.exports["memory"]; !ok || e.kind != kindMemory {
		return refuse(`the memory is not exported as "memory"`)
	}
	e, ok := m.exports[entryPoint]
	if !ok || e.kind != kindFunction {
		return refuse(`there is no "_start": build a command, in Go with GOOS=wasip1 GOARCH=wasm`)
	}
	if t, ok := m.typeOf(e.index); !ok || len(t.params)+len(t.results) > 0 {
		return refuse(`"_start" takes or gives something`)
	}
	for _, name := range []string{FuelExport, RefusedExport} {
		if _, taken := m.exports[name]; taken {
			return refuse("exports the reserved name " + name)
		}
	}
	return nil
}

// Strip returns the module without custom sections: names, debug information and producers. What runs is unchanged.
func Strip(data []byte) ([]byte, error) {
	m, err := decode(data)
	if err != nil {
		return nil, err
	}
	out := append(make([]byte, 0, len(data)), header...)
	for _, s := range m.sections {
		if s.id != sectionCustom {
			out = append(out, data[s.start:s.end]...)
		}
	}
	return out, nil
}
