//go:build !linux

package devnet

import "syscall"

// childAttributes keep a terminal's Ctrl-C from reaching children before their orderly stop.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
