package devnet

import "syscall"

// childAttributes keep a terminal's Ctrl-C from reaching children before their orderly stop, and let the kernel end them should
// the parent die without one.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
