package client

import (
	"sync"
	"time"

	"github.com/orbnetwork/orb/node/peer"
	"github.com/orbnetwork/orb/pkg/price"
	"github.com/orbnetwork/orb/pkg/receipt"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

const (
	firstWindow = 1
	lastWindow  = 4096
	// noLanePause gives a host time to see a lane that it does not know yet.
	noLanePause = 200 * time.Millisecond
	// unpaidPause is about one exchange of a receipt.
	unpaidPause = 2 * time.Millisecond
	// firstAway and lastAway bound for how long a host is passed over that does not have what it claims to seed, twice as long each time.
	firstAway = 250 * time.Millisecond
	lastAway  = time.Minute
)

// lane is one open lane: its terms, its ledger, and how many requests the host seems to serve before it wants a receipt.
type lane struct {
	id   []byte
	host *host
	// changed is told whenever the lane may have room again. It takes no lock of a lane or host.
	changed func()

	mu     sync.Mutex
	ledger ledger
	// cap, redeemed and expiry are as last seen on chain.
	cap      uint64
	redeemed uint64
	expiry   int64
	// filled is when chain or host last told the lane's cap or count, how much had been used then and how much was left.
	filled struct {
		at         time.Time
		used, rest uint64
	}
	// terms are fixed when the lane opens.
	terms terms
	// conn is the connection on which the host's state is known; requests go out on no other.
	conn     *peer.Conn
	inflight int
	// window bounds responses without a receipt plus requests under way. It starts at one, the least that any host gives, doubles
	// with each receipt that was waited for, and is halved when the host refuses to wait for more.
	window  int
	limited bool
	pause   time.Time
	// unavailable counts how often in a row the host did not have the function, and away is until when it is not asked again.
	unavailable int
	away        time.Time
}

// room is what a lane has to offer.
type room int

const (
	// noRoom: not without a new connection or a transaction.
	noRoom room = iota
	// roomSoon: when a receipt has gone out, a pause is over or the host has shown its state.
	roomSoon
	roomNow
)

func (l *lane) room(height int64, now time.Time) room {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.roomLocked(height, now)
}

func (l *lane) roomLocked(height int64, now time.Time) room {
	open := l.ledger.unpaid + l.inflight
	switch {
	case l.spentLocked(height):
		return noRoom
	case l.host.connection() == nil:
		if l.host.returning(now) {
			return roomSoon
		}
		return noRoom
	case now.Before(l.away):
		return noRoom
	case l.conn == nil || now.Before(l.pause) || l.host.moving.Load():
		return roomSoon
	case open >= l.window:
		l.limited = true
		return roomSoon
	}
	return roomNow
}

// spentLocked: nothing more can be served on the lane as it stands. The block after this one may be out already, so the last
// height of a lane's life is not used.
func (l *lane) spentLocked(height int64) bool {
	return height >= l.expiry || l.usedLocked() >= l.cap
}

// usedLocked counts requests paid, served and under way.
func (l *lane) usedLocked() uint64 {
	return l.ledger.count + uint64(l.ledger.unpaid+l.inflight)
}

// low: half of what the lane was filled with is used, or half of its life.
func (l *lane) low(height, life int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.restLocked() <= l.filled.rest/2 || height > l.expiry-life/2
}

// lacks is how many requests, at least one, fill the lane for the time ahead.
func (l *lane) lacks(now time.Time) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	full := pace(l.usedLocked()-min(l.filled.used, l.usedLocked()), now.Sub(l.filled.at), l.filled.rest)
	return max(full, l.restLocked()+1) - l.restLocked()
}

// pace is how many requests a lane is filled with that took so many in so much time, after it had been filled with last.
func pace(used uint64, elapsed time.Duration, last uint64) uint64 {
	return min(max(uint64(float64(used)*float64(ahead)/float64(max(elapsed, time.Second))), firstCap), growth*max(last, firstCap))
}

// fillLocked begins to look at the pace anew.
func (l *lane) fillLocked(now time.Time) {
	l.filled.at, l.filled.used, l.filled.rest = now, l.usedLocked(), l.restLocked()
}

// restLocked is how many requests the lane still takes while it lives.
func (l *lane) restLocked() uint64 { return l.cap - min(l.usedLocked(), l.cap) }

// reserve takes room for one request and returns the connection for it.
func (l *lane) reserve(height int64, now time.Time) (*peer.Conn, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.roomLocked(height, now) != roomNow {
		return nil, false
	}
	l.inflight++
	l.host.inflight.Add(1)
	return l.conn, true
}

// release gives the room of a request back that was not served.
func (l *lane) release() {
	l.mu.Lock()
	l.releaseLocked()
	l.mu.Unlock()
	l.changed()
}

func (l *lane) releaseLocked() {
	l.inflight--
	l.host.inflight.Add(-1)
}

// served turns the room of a request into a result that a batch will cover. A response from a connection that has ended since is
// not entered: the host has been told to write it off.
func (l *lane) served(conn *peer.Conn, version uint64, result receipt.Result) (*receipt.Receipt, error) {
	l.mu.Lock()
	l.releaseLocked()
	l.unavailable = 0
	var r *receipt.Receipt
	var err error
	if conn == l.conn {
		r, err = l.ledger.add(version, result)
		l.paidLocked(r)
	}
	l.mu.Unlock()
	l.changed()
	return r, err
}

// lacking notes that the host does not have the function: it may be about to, or claim what it has not.
func (l *lane) lacking() {
	l.mu.Lock()
	l.releaseLocked()
	away := min(firstAway<<min(l.unavailable, 10), lastAway)
	l.unavailable++
	l.away = time.Now().Add(away)
	l.mu.Unlock()
	time.AfterFunc(away, l.changed)
}

// unpaid notes that the host wants a receipt first.
func (l *lane) unpaid() {
	l.mu.Lock()
	l.releaseLocked()
	if now := time.Now(); now.After(l.pause) { // those refused in the same moment tell nothing new
		l.window = max(1, l.window/2)
		l.pause = now.Add(unpaidPause)
	}
	l.mu.Unlock()
	time.AfterFunc(unpaidPause, l.changed)
}

// unknown notes that the host does not know the lane.
func (l *lane) unknown() {
	l.mu.Lock()
	l.releaseLocked()
	l.pause = time.Now().Add(noLanePause)
	l.mu.Unlock()
	time.AfterFunc(noLanePause, l.changed)
}

func (l *lane) batch(conn *peer.Conn, b receipt.ResultBatch) (*receipt.Receipt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil && l.conn != conn {
		return nil, nil // of a connection that has ended
	}
	r, err := l.ledger.batch(b)
	// Before the host has shown its state a receipt would set the number that only the answer to that state may set.
	if l.conn != conn {
		return nil, err
	}
	l.paidLocked(r)
	return r, err
}

func (l *lane) paidLocked(r *receipt.Receipt) {
	if r == nil {
		return
	}
	if l.limited {
		l.limited = false
		l.window = min(2*l.window, lastWindow)
	}
	l.changed()
}

// resume takes the host's state after a connect, from when on the lane may be used.
func (l *lane) resume(conn *peer.Conn, state *peer.LaneState) (*receipt.Receipt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == conn {
		return nil, nil // two hellos crossed
	}
	r, err := l.ledger.resume(state.Receipt)
	if err != nil {
		return nil, err
	}
	l.conn = conn
	l.fillLocked(time.Now())
	l.changed()
	return r, nil
}

func (l *lane) knownOn(conn *peer.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn == conn
}

func (l *lane) disconnected(conn *peer.Conn) {
	l.mu.Lock()
	if l.conn == conn {
		l.conn = nil
	}
	l.mu.Unlock()
	l.changed()
}

// update takes what the chain says. What is settled was signed for, whoever remembers it; a connection on which both sides go on from
// less is returned, to be closed.
func (l *lane) update(on *rewardstypes.Lane) (ended *peer.Conn) {
	l.mu.Lock()
	l.redeemed, l.expiry = on.Redeemed, on.Expiry
	l.terms = terms{on.Price.String(), on.OwnerShareBps, on.FeeSplit}
	if on.Redeemed > l.ledger.count {
		l.ledger.count = on.Redeemed
		ended, l.conn = l.conn, nil
	}
	if l.cap != on.Cap {
		l.cap = on.Cap
		l.fillLocked(time.Now())
	}
	l.mu.Unlock()
	l.changed()
	return ended
}

// expires takes an earlier end.
func (l *lane) expires(expiry int64) {
	l.mu.Lock()
	l.expiry = min(l.expiry, expiry)
	l.mu.Unlock()
	l.changed()
}

// terms are what a request on a lane costs and who gets it.
type terms struct {
	price    string
	share    uint32
	feeSplit price.FeeSplit
}

// settled tells whether nothing is under way and every response held has its receipt.
func (l *lane) settled() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.inflight == 0 && (l.ledger.unpaid == 0 || l.conn == nil)
}
