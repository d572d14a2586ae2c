package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	libpeer "github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
)

const (
	knownName = "peers.json"
	// knownEvery is how often the peers met are written down, the first time knownFirst after the start.
	knownEvery = 5 * time.Minute
	knownFirst = 20 * time.Second
	// maxKnown bounds the peers kept, maxKnownAddrs the addresses of one, and triedKnown how many are tried at once.
	maxKnown      = 256
	maxKnownAddrs = 16
	triedKnown    = 16
	maxKnownBytes = 4 << 20
)

// readKnown returns the peers of an earlier run. A damaged list is none: it only costs the way over the first contacts.
func readKnown(dir string) []libpeer.AddrInfo {
	file, err := os.Open(filepath.Join(dir, knownName))
	if err != nil {
		return nil
	}
	defer file.Close()
	var texts map[string][]string
	stat, err := file.Stat()
	if err != nil || stat.Size() > maxKnownBytes {
		return nil
	}
	if err := json.NewDecoder(file).Decode(&texts); err != nil {
		slog.Warn("list of known peers is damaged and left aside", "error", err)
		return nil
	}
	var known []libpeer.AddrInfo
	for text, addrs := range texts {
		id, err := libpeer.Decode(text)
		if err != nil {
			continue
		}
		info := libpeer.AddrInfo{ID: id}
		for _, addr := range addrs {
			if parsed, err := multiaddr.NewMultiaddr(addr); err == nil {
				info.Addrs = append(info.Addrs, parsed)
			}
		}
		known = append(known, info)
	}
	return known
}

// writeKnown replaces the list, whole.
func writeKnown(dir string, known []libpeer.AddrInfo) error {
	texts := make(map[string][]string, len(known))
	for _, info := range known {
		for _, addr := range info.Addrs {
			texts[info.ID.String()] = append(texts[info.ID.String()], addr.String())
		}
	}
	data, err := json.Marshal(texts)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, knownName)
	file, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// remember keeps the list of known peers.
func (h *Host) remember() {
	timer := time.NewTimer(knownFirst)
	defer timer.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-timer.C:
		}
		h.writeDown()
		timer.Reset(knownEvery)
	}
}

// writeDown keeps the peers connected now, and earlier ones as far as there is room.
func (h *Host) writeDown() {
	if h.dir == "" {
		return
	}
	var known []libpeer.AddrInfo
	seen := make(map[libpeer.ID]bool)
	for _, id := range h.libp2p.Network().Peers() {
		addrs := h.libp2p.Peerstore().Addrs(id)
		if len(addrs) == 0 || len(known) == maxKnown {
			continue
		}
		seen[id] = true
		known = append(known, libpeer.AddrInfo{ID: id, Addrs: addrs[:min(len(addrs), maxKnownAddrs)]})
	}
	for _, info := range h.known {
		if !seen[info.ID] && len(known) < maxKnown {
			known = append(known, info)
		}
	}
	if err := writeKnown(h.dir, known); err != nil {
		slog.Warn("known peers not written down", "error", err)
	}
}

// Join connects to the first contacts and to peers of earlier runs, all at once; ctx bounds it. What cannot be reached now is tried again
// in the background. It is called once what peers may ask for is served.
func (h *Host) Join(ctx context.Context) error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return ErrClosed
	}
	h.joined.Add(1)
	h.mu.Unlock()
	defer h.joined.Done()
	h.join(ctx)
	h.joined.Go(h.rejoin)
	h.joined.Go(h.remember)
	return nil
}

// join returns once all have been tried, or a moment after the first was met: some of many are always away, and finding that out takes long.
func (h *Host) join(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	contacts := h.bootstrap
	for i, at := range rand.Perm(len(h.known)) {
		if i == triedKnown {
			break
		}
		contacts = append(contacts[:len(contacts):len(contacts)], h.known[at])
	}
	outcomes := make(chan error, len(contacts))
	open := 0
	for _, info := range contacts {
		if info.ID == h.libp2p.ID() || h.libp2p.Network().Connectedness(info.ID) == network.Connected {
			continue
		}
		open++
		h.joined.Go(func() {
			try, cancel := context.WithTimeout(h.ctx, joinTimeout)
			defer cancel()
			outcomes <- h.libp2p.Connect(try, info) // rejoin tries again
		})
	}
	var enough <-chan time.Time
	for ; open > 0; open-- {
		select {
		case err := <-outcomes:
			if err == nil && enough == nil {
				enough = time.After(joinEnough)
			}
			continue
		case <-enough:
		case <-ctx.Done():
		}
		break
	}
	select {
	case <-h.dht.RefreshRoutingTable():
	case <-ctx.Done():
	}
}

// rejoin comes back to the contacts whenever a node has lost all peers.
func (h *Host) rejoin() {
	tick := time.NewTicker(rejoinEvery)
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-tick.C:
			if h.dht.RoutingTable().Size() == 0 {
				h.join(h.ctx)
			}
		}
	}
}

// parseContacts reads multiaddrs with /p2p.
func parseContacts(addrs []string) ([]libpeer.AddrInfo, error) {
	infos := make([]libpeer.AddrInfo, 0, len(addrs))
	for _, addr := range addrs {
		info, err := libpeer.AddrInfoFromString(addr)
		if err != nil {
			return nil, fmt.Errorf("bootstrap address %q: %w", addr, err)
		}
		infos = append(infos, *info)
	}
	return infos, nil
}
