// Package artifact stores artifacts by CID and exchanges them with other nodes over bitswap.
package artifact

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/ipfs/boxo/bitswap"
	"github.com/ipfs/boxo/bitswap/network/bsnet"
	"github.com/ipfs/boxo/blockservice"
	"github.com/ipfs/boxo/blockstore"
	"github.com/ipfs/boxo/ipld/merkledag"
	"github.com/ipfs/boxo/ipld/unixfs/io"
	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	flatfs "github.com/ipfs/go-ds-flatfs"
	ipld "github.com/ipfs/go-ipld-format"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/routing"
)

const (
	// providerSearchDelay is how long bitswap asks connected peers before it asks the DHT.
	providerSearchDelay = 100 * time.Millisecond
	// collectEvery is how often expired uploads are looked for.
	collectEvery = time.Minute
	// provideEvery is how often stored artifacts are announced again; the DHT forgets after 48 h.
	provideEvery   = 12 * time.Hour
	provideTimeout = time.Minute
	provideRetry   = 5 * time.Second
	// fetchedFor is how long a fetched artifact stays unless Keep is called: long enough to check it.
	fetchedFor = time.Hour
)

// ErrTooLarge is wrapped when an artifact has more bytes than asked for.
var ErrTooLarge = errors.New("artifact too large")

// Config is what a Store is made of.
type Config struct {
	// Dir keeps the blocks and the list of artifacts. One Store may use it at a time.
	Dir string
}

// Store keeps artifacts on disk and serves their blocks to other nodes. All methods may be used at once.
type Store struct {
	flat     *flatfs.Datastore
	blocks   blockstore.Blockstore
	exchange *bitswap.Bitswap
	dag      ipld.DAGService
	routing  routing.ContentRouting
	pinDir   string
	announce chan cid.Cid
	cancel   context.CancelFunc
	joined   sync.WaitGroup

	// mu is held for reading while blocks are put that no pin names yet, and for writing while blocks are deleted.
	mu sync.RWMutex
	// pinMu guards pins: when each artifact expires; the zero time is never.
	pinMu sync.Mutex
	pins  map[cid.Cid]time.Time
}

// Open opens or makes the store in cfg.Dir; ctx bounds only the opening.
func Open(ctx context.Context, cfg Config, h host.Host, routing routing.ContentRouting) (*Store, error) {
	s := &Store{pinDir: filepath.Join(cfg.Dir, "pins"), routing: routing, announce: make(chan cid.Cid, 64)}
	if err := os.MkdirAll(s.pinDir, 0o700); err != nil {
		return nil, fmt.Errorf("opening store: %w", err)
	}
	var err error
	if s.pins, err = readPins(s.pinDir); err != nil {
		return nil, fmt.Errorf("opening store: %w", err)
	}
	if s.flat, err = flatfs.CreateOrOpen(filepath.Join(cfg.Dir, "blocks"), flatfs.NextToLast(2), true); err != nil {
		return nil, fmt.Errorf("opening store: %w", err)
	}
	s.blocks = &verified{blockstore.NewBlockstore(s.flat, blockstore.NoPrefix(), blockstore.WriteThrough(true))}
	var run context.Context
	run, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	s.exchange = bitswap.New(run, bsnet.NewFromIpfsHost(h), routing, s.blocks, bitswap.ProviderSearchDelay(providerSearchDelay))
	s.dag = merkledag.NewDAGService(blockservice.New(s.blocks, s.exchange))
	s.joined.Go(func() { s.collect(run) })
	s.joined.Go(func() { s.provide(run) })
	return s, nil
}

// Put stores an artifact for good, and announces it.
func (s *Store) Put(ctx context.Context, data []byte) (string, error) {
	return s.put(ctx, data, time.Time{})
}

// PutPending stores an artifact that is deleted after ttl unless Keep is called by then. What is already kept stays so.
func (s *Store) PutPending(ctx context.Context, data []byte, ttl time.Duration) (string, error) {
	return s.put(ctx, data, time.Now().Add(ttl))
}

func (s *Store) put(ctx context.Context, data []byte, expires time.Time) (string, error) {
	root, all, err := build(ctx, data)
	if err != nil {
		return "", err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.blocks.PutMany(ctx, all); err != nil {
		return "", fmt.Errorf("storing %s: %w", root, err)
	}
	if err := s.exchange.NotifyNewBlocks(ctx, all...); err != nil {
		return "", fmt.Errorf("storing %s: %w", root, err)
	}
	return root.String(), s.pin(root, expires)
}

// Keep makes a pending artifact stay until Delete.
func (s *Store) Keep(ctx context.Context, text string) error {
	root, err := parse(text)
	if err != nil {
		return err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if has, err := s.Has(ctx, text); err != nil || !has {
		return errors.Join(err, fmt.Errorf("keeping %s: not stored", text))
	}
	return s.pin(root, time.Time{})
}

// Get returns an artifact of at most maxBytes from disk, else from other nodes until ctx ends. What it fetches is deleted after an hour
// unless Keep is called by then. Every byte is checked against the CID: damaged blocks on disk are fetched anew.
func (s *Store) Get(ctx context.Context, text string, maxBytes uint64) ([]byte, error) {
	root, err := parse(text)
	if err != nil {
		return nil, err
	}
	// Without mu, as a fetch may take long: if a Delete takes a common block meanwhile, the next Get fetches it anew.
	data, err := s.read(ctx, root, maxBytes)
	if err != nil {
		return nil, fmt.Errorf("artifact %s: %w", text, err)
	}
	return data, s.pin(root, time.Now().Add(fetchedFor))
}

func (s *Store) read(ctx context.Context, root cid.Cid, maxBytes uint64) ([]byte, error) {
	dag := merkledag.NewSession(ctx, s.dag)
	node, err := dag.Get(ctx, root)
	if err != nil {
		return nil, err
	}
	r, err := io.NewDagReader(ctx, node, dag)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if r.Size() > maxBytes {
		return nil, fmt.Errorf("%w: %d bytes", ErrTooLarge, r.Size())
	}
	return readLimited(r, maxBytes) // the root's word on the size need not be true
}

// Has tells whether an artifact is stored here.
func (s *Store) Has(_ context.Context, text string) (bool, error) {
	root, err := parse(text)
	if err != nil {
		return false, err
	}
	s.pinMu.Lock()
	defer s.pinMu.Unlock()
	_, has := s.pins[root]
	return has, nil
}

// Kept returns the CIDs of the artifacts that stay, with the bytes of their blocks here.
func (s *Store) Kept(ctx context.Context) (map[string]uint64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	s.pinMu.Lock()
	var roots []cid.Cid
	for root, expires := range s.pins {
		if expires.IsZero() {
			roots = append(roots, root)
		}
	}
	s.pinMu.Unlock()
	kept := make(map[string]uint64, len(roots))
	for _, root := range roots {
		sum := uint64(0)
		var missing error
		if err := s.walk(ctx, root, func(c cid.Cid) {
			size, err := s.blocks.GetSize(ctx, c)
			if err != nil && !ipld.IsNotFound(err) {
				missing = err
			}
			sum += uint64(max(size, 0))
		}); err != nil || missing != nil {
			return nil, fmt.Errorf("measuring %s: %w", root, errors.Join(err, missing))
		}
		kept[root.String()] = sum
	}
	return kept, nil
}

// Delete removes an artifact and frees its blocks, but those that another artifact has too. It is no error when it is not here.
func (s *Store) Delete(ctx context.Context, text string) error {
	root, err := parse(text)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.remove(ctx, root)
}

// remove needs mu for writing. The pin goes last, so that what an interruption leaves is deleted by the next try.
func (s *Store) remove(ctx context.Context, root cid.Cid) error {
	s.pinMu.Lock()
	others := make([]cid.Cid, 0, len(s.pins))
	_, pinned := s.pins[root]
	for other := range s.pins {
		if other != root {
			others = append(others, other)
		}
	}
	s.pinMu.Unlock()
	if !pinned {
		return nil
	}
	shared := make(map[cid.Cid]bool)
	for _, other := range others {
		if err := s.walk(ctx, other, func(c cid.Cid) { shared[c] = true }); err != nil {
			return fmt.Errorf("deleting %s: %w", root, err)
		}
	}
	var own []cid.Cid
	if err := s.walk(ctx, root, func(c cid.Cid) { own = append(own, c) }); err != nil {
		return fmt.Errorf("deleting %s: %w", root, err)
	}
	for i := len(own) - 1; i >= 0; i-- { // children first: the root finds what is left
		if shared[own[i]] {
			continue
		}
		if err := s.blocks.DeleteBlock(ctx, own[i]); err != nil {
			return fmt.Errorf("deleting %s: %w", root, err)
		}
	}
	if err := os.Remove(filepath.Join(s.pinDir, root.String())); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("deleting %s: %w", root, err)
	}
	s.pinMu.Lock()
	delete(s.pins, root)
	s.pinMu.Unlock()
	return nil
}

// walk visits the blocks of an artifact that are here, parents first.
func (s *Store) walk(ctx context.Context, c cid.Cid, visit func(cid.Cid)) error {
	visit(c)
	if c.Prefix().Codec != cid.DagProtobuf {
		return nil
	}
	b, err := s.blocks.Get(ctx, c)
	if ipld.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	links, err := children(b)
	if err != nil {
		return err
	}
	for _, l := range links {
		if err := s.walk(ctx, l, visit); err != nil {
			return err
		}
	}
	return nil
}

// collect deletes uploads that nobody kept.
func (s *Store) collect(ctx context.Context) {
	tick := time.NewTicker(collectEvery)
	defer tick.Stop()
	for {
		s.expire(ctx, time.Now())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Store) expire(ctx context.Context, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var old []cid.Cid
	s.pinMu.Lock()
	for c, expires := range s.pins {
		if !expires.IsZero() && now.After(expires) {
			old = append(old, c)
		}
	}
	s.pinMu.Unlock()
	for _, c := range old {
		_ = s.remove(ctx, c) // the pin stays, for the next round
	}
}

// pin records an artifact on disk, then in memory; a kept one never becomes pending.
func (s *Store) pin(root cid.Cid, expires time.Time) error {
	s.pinMu.Lock()
	defer s.pinMu.Unlock()
	old, has := s.pins[root]
	if has && (old.IsZero() || !expires.IsZero() && old.After(expires)) {
		return nil
	}
	text := "0"
	if !expires.IsZero() {
		text = strconv.FormatInt(expires.Unix(), 10)
	}
	if err := writePin(filepath.Join(s.pinDir, root.String()), text); err != nil {
		return fmt.Errorf("pinning %s: %w", root, err)
	}
	s.pins[root] = expires
	select {
	case s.announce <- root:
	default: // the next round announces it
	}
	return nil
}

// writePin is on disk, whole, when it returns.
func writePin(path, text string) error {
	file, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// readPins reads what is stored. A pin that a damaged disk has changed counts as kept: only what is known to have expired is deleted.
func readPins(dir string) (map[cid.Cid]time.Time, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	pins := make(map[cid.Cid]time.Time)
	for _, e := range entries {
		root, err := parse(e.Name())
		if err != nil {
			continue // a pin whose writing was interrupted
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		pins[root] = time.Time{}
		if seconds, err := strconv.ParseInt(string(text), 10, 64); err == nil && seconds != 0 {
			pins[root] = time.Unix(seconds, 0)
		}
	}
	return pins, nil
}

// provide announces artifacts in the DHT: new ones at once, all again in every round.
func (s *Store) provide(ctx context.Context) {
	round := time.NewTimer(0)
	defer round.Stop()
	for {
		var due []cid.Cid
		select {
		case <-ctx.Done():
			return
		case c := <-s.announce:
			due = append(due, c)
		case <-round.C:
			s.pinMu.Lock()
			for c := range s.pins {
				due = append(due, c)
			}
			s.pinMu.Unlock()
			round.Reset(provideEvery)
		}
		for _, c := range due {
			try, cancel := context.WithTimeout(ctx, provideTimeout)
			err := s.routing.Provide(try, c, true)
			cancel()
			if err != nil { // no peers yet, as a rule: all again soon
				round.Reset(provideRetry)
				break
			}
		}
	}
}

// Close ends the exchange and closes the store.
func (s *Store) Close() error {
	s.cancel()
	s.joined.Wait()
	err := s.exchange.Close()
	s.mu.Lock() // until writes have ended
	defer s.mu.Unlock()
	return errors.Join(err, s.flat.Close())
}

// verified checks each block that is read from disk. A damaged one counts as missing, so that it is neither returned nor served to others, and is
// fetched anew.
type verified struct{ blockstore.Blockstore }

func (v *verified) Get(ctx context.Context, c cid.Cid) (blocks.Block, error) {
	b, err := v.Blockstore.Get(ctx, c)
	if err != nil {
		return nil, err
	}
	sum, err := c.Prefix().Sum(b.RawData())
	if err != nil {
		return nil, err
	}
	if !sum.Equals(c) {
		if err := v.DeleteBlock(ctx, c); err != nil {
			return nil, err
		}
		return nil, ipld.ErrNotFound{Cid: c}
	}
	return b, nil
}
