//go:build !linux

package runtime

type image struct{}

func (*image) close() {}

func newMapped(*code) linearMemory { return nil }
