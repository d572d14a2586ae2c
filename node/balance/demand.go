package balance

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	demandVersion = 1
	maxFunctionID = 128
)

// ErrDemand is wrapped by every error that a malformed message causes.
var ErrDemand = errors.New("malformed demand")

// Demand is a gateway's word that a function needs more hosts. docs/invoke.md describes its bytes.
type Demand struct {
	FunctionID string
	// Need is how many more hosts it should have, 1 to MaxNeed.
	Need int
	// Rate is how many calls a second found no room, or would if they came more often than now.
	Rate uint32
}

// Marshal returns the message as it is gossiped: version (1), function id length (1), function id, need (2), rate (4), big-endian.
func (d Demand) Marshal() ([]byte, error) {
	if len(d.FunctionID) == 0 || len(d.FunctionID) > maxFunctionID || d.Need < 1 || d.Need > MaxNeed {
		return nil, fmt.Errorf("%w: %d hosts for function %q", ErrDemand, d.Need, d.FunctionID)
	}
	b := append([]byte{demandVersion, byte(len(d.FunctionID))}, d.FunctionID...)
	b = binary.BigEndian.AppendUint16(b, uint16(d.Need))
	return binary.BigEndian.AppendUint32(b, d.Rate), nil
}

// ParseDemand reads a message.
func ParseDemand(b []byte) (Demand, error) {
	if len(b) < 2 || b[0] != demandVersion || len(b) != 2+int(b[1])+6 {
		return Demand{}, fmt.Errorf("%w: %d bytes", ErrDemand, len(b))
	}
	n := int(b[1])
	d := Demand{
		FunctionID: string(b[2 : 2+n]), Need: int(binary.BigEndian.Uint16(b[2+n:])), Rate: binary.BigEndian.Uint32(b[4+n:]),
	}
	if n == 0 || n > maxFunctionID || d.Need < 1 || d.Need > MaxNeed {
		return Demand{}, fmt.Errorf("%w: %d hosts for function %q", ErrDemand, d.Need, d.FunctionID)
	}
	return d, nil
}
