//go:build !linux

package runtime

type image struct{}

func newMapped(*code) linearMemory { return nil }
