package artifact

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	chunk "github.com/ipfs/boxo/chunker"
	"github.com/ipfs/boxo/ipld/merkledag"
	"github.com/ipfs/boxo/ipld/unixfs/importer/balanced"
	"github.com/ipfs/boxo/ipld/unixfs/importer/helpers"
	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	ipld "github.com/ipfs/go-ipld-format"
	"github.com/multiformats/go-multihash"
)

// The profile unixfs-v1-2025 (IPIP-499), as kubo adds files with --cid-version=1 --raw-leaves --chunker=size-1048576
// --max-file-links=1024.
const (
	chunkSize = 1 << 20
	maxLinks  = 1024
)

// ErrInvalidCID is wrapped when a CID is not one that CID gives.
var ErrInvalidCID = errors.New("not the CID of an artifact")

// CID returns the CID that data has in the profile unixfs-v1-2025.
func CID(data []byte) (string, error) {
	root, _, err := build(context.Background(), data)
	if err != nil {
		return "", err
	}
	return root.String(), nil
}

// build cuts data into blocks, children first.
func build(ctx context.Context, data []byte) (cid.Cid, []blocks.Block, error) {
	var c collector
	params := helpers.DagBuilderParams{
		Maxlinks:   maxLinks,
		RawLeaves:  true,
		CidBuilder: cid.V1Builder{Codec: cid.DagProtobuf, MhType: multihash.SHA2_256},
		Dagserv:    &c,
	}
	builder, err := params.New(chunk.NewSizeSplitter(bytes.NewReader(data), chunkSize))
	if err != nil {
		return cid.Undef, nil, fmt.Errorf("cutting an artifact: %w", err)
	}
	root, err := balanced.Layout(builder)
	if err != nil {
		return cid.Undef, nil, fmt.Errorf("cutting an artifact: %w", err)
	}
	return root.Cid(), c.blocks, ctx.Err()
}

func parse(text string) (cid.Cid, error) {
	c, err := cid.Decode(text)
	if err != nil {
		return cid.Undef, fmt.Errorf("%w: %q: %w", ErrInvalidCID, text, err)
	}
	p := c.Prefix()
	known := p.Version == 1 && p.MhType == multihash.SHA2_256 && p.MhLength == 32 && (p.Codec == cid.Raw || p.Codec == cid.DagProtobuf)
	if !known || c.String() != text {
		return cid.Undef, fmt.Errorf("%w: %q", ErrInvalidCID, text)
	}
	return c, nil
}

// collector is the DAG service that an import writes to.
type collector struct {
	ipld.DAGService
	blocks []blocks.Block
}

func (c *collector) Add(_ context.Context, n ipld.Node) error {
	c.blocks = append(c.blocks, n)
	return nil
}

func (c *collector) AddMany(_ context.Context, nodes []ipld.Node) error {
	for _, n := range nodes {
		c.blocks = append(c.blocks, n)
	}
	return nil
}

// children returns the distinct links of a block.
func children(b blocks.Block) ([]cid.Cid, error) {
	if b.Cid().Prefix().Codec != cid.DagProtobuf {
		return nil, nil
	}
	n, err := merkledag.DecodeProtobuf(b.RawData())
	if err != nil {
		return nil, fmt.Errorf("block %s: %w", b.Cid(), err)
	}
	var out []cid.Cid
	for _, l := range n.Links() {
		if !slices.Contains(out, l.Cid) {
			out = append(out, l.Cid)
		}
	}
	return out, nil
}

// readLimited reads all, or fails with ErrTooLarge.
func readLimited(r io.Reader, limit uint64) ([]byte, error) {
	var buf bytes.Buffer
	if _, err := io.Copy(&buf, io.LimitReader(r, int64(limit)+1)); err != nil {
		return nil, err
	}
	if uint64(buf.Len()) > limit {
		return nil, ErrTooLarge
	}
	return buf.Bytes(), nil
}
