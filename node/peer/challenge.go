package peer

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	libpeer "github.com/libp2p/go-libp2p/core/peer"

	"github.com/orbnetwork/orb/pkg/possession"
)

// PossessionProtocol is the libp2p protocol in which a host shows that it has what it claims to seed; docs/invoke.md describes it.
const PossessionProtocol = "/orb/possession/1"

const (
	// challengeTimeout bounds one challenge on both sides.
	challengeTimeout = 10 * time.Second
	// maxPath is far more hashes than any artifact's tree is high.
	maxPath  = 64
	hashSize = 32
)

// ErrNotHeld is wrapped when a peer says that it does not have the version it is asked about.
var ErrNotHeld = errors.New("the peer does not have the version")

// Challenge asks for one chunk of a version's artifact.
type Challenge struct {
	FunctionID string
	Version    uint64
	// Index counts chunks of possession.ChunkSize.
	Index uint64
}

// Possession answers a Challenge, for possession.Verify.
type Possession struct {
	Chunk []byte
	Path  [][]byte
}

// ServeChallenges answers challenges one at a time, as each costs a pass over the artifact. show fails for what is not here. It is called
// once, before Join.
func (h *Host) ServeChallenges(show func(context.Context, Challenge) (Possession, error)) {
	turn := make(chan struct{}, 1)
	h.libp2p.SetStreamHandler(PossessionProtocol, func(s network.Stream) {
		defer s.Close()
		_ = s.SetDeadline(time.Now().Add(challengeTimeout))
		ctx, cancel := context.WithTimeout(h.ctx, challengeTimeout)
		defer cancel()
		c, err := readChallenge(s)
		if err != nil {
			_ = s.Reset()
			return
		}
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
			_ = s.Reset()
			return
		}
		p, err := show(ctx, c)
		if err != nil {
			_, _ = s.Write([]byte{1})
			return
		}
		_, _ = s.Write(p.append([]byte{0})) // the asker has gone, or reads it
	})
}

// Challenge asks a connected peer for a chunk. It fails with ErrNotHeld, or with why there was no answer in 10 s.
func (h *Host) Challenge(ctx context.Context, orbID string, c Challenge) (*Possession, error) {
	id, err := libpeer.Decode(orbID)
	if err != nil {
		return nil, fmt.Errorf("orb id %q: %w", orbID, err)
	}
	ctx, cancel := context.WithTimeout(ctx, challengeTimeout)
	defer cancel()
	s, err := h.libp2p.NewStream(ctx, id, PossessionProtocol)
	if err != nil {
		return nil, fmt.Errorf("challenging %s: %w", orbID, err)
	}
	defer func() { _ = s.Reset() }()
	stop := context.AfterFunc(ctx, func() { _ = s.Reset() })
	defer stop()
	if _, err := s.Write(c.append(nil)); err != nil {
		return nil, fmt.Errorf("challenging %s: %w", orbID, err)
	}
	p, err := readPossession(s)
	if err != nil {
		return nil, fmt.Errorf("challenging %s: %w", orbID, errors.Join(err, ctx.Err()))
	}
	return p, nil
}

func (c Challenge) append(to []byte) []byte {
	to = appendShort(to, []byte(c.FunctionID[:min(len(c.FunctionID), 255)]))
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(to, c.Version), c.Index)
}

func readChallenge(r io.Reader) (c Challenge, err error) {
	var size [1]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return c, err
	}
	rest := make([]byte, int(size[0])+16)
	if _, err := io.ReadFull(r, rest); err != nil {
		return c, err
	}
	d := decoder{data: rest}
	return Challenge{FunctionID: string(d.take(int(size[0]))), Version: d.uint64(), Index: d.uint64()}, d.err
}

func (p Possession) append(to []byte) []byte {
	to = append(binary.BigEndian.AppendUint16(to, uint16(len(p.Chunk))), p.Chunk...)
	to = append(to, byte(len(p.Path)))
	for _, hash := range p.Path {
		to = append(to, hash...)
	}
	return to
}

func readPossession(r io.Reader) (*Possession, error) {
	var head [3]byte
	if _, err := io.ReadFull(r, head[:1]); err != nil {
		return nil, err
	}
	if head[0] != 0 {
		return nil, ErrNotHeld
	}
	if _, err := io.ReadFull(r, head[1:]); err != nil {
		return nil, err
	}
	size := int(binary.BigEndian.Uint16(head[1:]))
	if size > possession.ChunkSize {
		return nil, fmt.Errorf("%w: a chunk of %d bytes", ErrFrame, size)
	}
	p := &Possession{Chunk: make([]byte, size)}
	if _, err := io.ReadFull(r, p.Chunk); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(r, head[:1]); err != nil {
		return nil, err
	}
	if head[0] > maxPath {
		return nil, fmt.Errorf("%w: a path of %d hashes", ErrFrame, head[0])
	}
	for range head[0] {
		hash := make([]byte, hashSize)
		if _, err := io.ReadFull(r, hash); err != nil {
			return nil, err
		}
		p.Path = append(p.Path, hash)
	}
	return p, nil
}
