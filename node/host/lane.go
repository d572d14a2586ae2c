package host

import (
	"crypto/ed25519"
	"errors"
	"sync"
	"time"

	"github.com/orbnetwork/orb/node/peer"
	"github.com/orbnetwork/orb/pkg/receipt"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

// batchAge is how long a result waits for others before its batch is signed.
const batchAge = 50 * time.Millisecond

// lane is the host's account of one lane; node/client describes the exchange.
type lane struct {
	id     []byte
	signer *signer

	mu sync.Mutex
	// onChain is the lane as the chain last showed it.
	onChain rewardstypes.Lane
	// closing: the payer has let it expire early.
	closing bool
	// held is the highest receipt on disk, and arriving the highest that is verified and on its way there.
	held     receipt.Receipt
	arriving uint64

	// conn is where the payer named the lane last. Requests of an earlier one are not numbered any more.
	conn peer.ControlSender
	// resumed is closed when the payer has answered the LaneState; the number in that answer stands.
	resumed chan struct{}
	pending bool
	// answer is the number in it while its receipt is on the way to disk; 0 is none or nothing served.
	answer   uint64
	answered bool

	// served is the number of the last result and running counts requests under way.
	served, running uint64
	// results are those without a receipt; all are of one version. The first signed of them are in a batch already.
	results []receipt.Result
	version uint64
	signed  int
	timer   *time.Timer
}

func newLane(r record, s *signer) *lane {
	return &lane{
		id: r.lane.Id, signer: s, onChain: r.lane, held: r.receipt, arriving: r.receipt.Count, served: r.receipt.Count,
		resumed: make(chan struct{}), pending: true,
	}
}

var (
	errNoLane  = errors.New("the lane is closed, expired or exhausted")
	errUnpaid  = errors.New("the credit is used up: send a receipt")
	errResumed = errors.New("the lane has been taken up again on another connection")
	errOverCap = errors.New("the receipt is for more than the lane's cap")
	// errBehind: host and payer have both lost receipts that the chain has redeemed. What they cover would be served for nothing.
	errBehind = errors.New("more of the lane is settled than its payer knows of: read it again")
)

// admit reserves a request for a version. It fails with errNoLane, errBehind, errResumed, or with errUnpaid until a receipt comes.
func (l *lane) admit(conn peer.ControlSender, height int64, version uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case height > l.onChain.Expiry || l.served+l.running >= l.onChain.Cap:
		return errNoLane
	case l.conn != conn || l.pending:
		return errResumed
	case l.served < l.onChain.Redeemed:
		return errBehind
	case l.version != version && len(l.results)+int(l.running) > 0:
		// A batch is of one version, so the last one's has to be paid first.
		return errUnpaid
	case !l.signer.take():
		return errUnpaid
	}
	l.version = version
	l.running++
	return nil
}

// abandon returns a reservation that came to nothing.
func (l *lane) abandon(conn peer.ControlSender) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == conn {
		l.running--
		l.signer.release(1)
	}
}

// complete numbers a result. The caller flushes when full says so, and otherwise when batchAge is over.
func (l *lane) complete(conn peer.ControlSender, result receipt.Result, flush func()) (sequence uint64, full bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != conn {
		return 0, false, errResumed
	}
	l.running--
	l.served++
	result.Sequence = l.served
	l.results = append(l.results, result)
	waiting := uint64(len(l.results) - l.signed)
	// A quarter of the credit to a batch leaves room to go on while its receipt is on the way.
	if waiting >= max(l.signer.credit()/4, 1) {
		return l.served, true, nil
	}
	if waiting == 1 {
		l.timer = time.AfterFunc(batchAge, flush)
	}
	return l.served, false, nil
}

// batch returns the results that are in no batch yet, or with again all that no receipt has answered.
func (l *lane) batch(again bool) (conn peer.ControlSender, version uint64, results []receipt.Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.take(again)
}

func (l *lane) take(again bool) (conn peer.ControlSender, version uint64, results []receipt.Result) {
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	results = l.results[l.signed:]
	if again {
		results = l.results
	}
	l.signed = len(l.results)
	return l.conn, l.version, append([]receipt.Result(nil), results...)
}

// hello takes the lane up on a connection. It returns what to show there: the results without a receipt and the state; nothing when
// that has been shown on this connection before.
func (l *lane) hello(conn peer.ControlSender) (version uint64, results []receipt.Result, state *peer.LaneState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == conn {
		return 0, nil, nil
	}
	l.conn = conn
	// What runs for the old connection will not be numbered.
	l.signer.release(l.running)
	l.running = 0
	if !l.pending {
		l.pending, l.resumed = true, make(chan struct{})
	}
	l.answer, l.answered = 0, false
	_, version, results = l.take(true)
	state = &peer.LaneState{LaneID: l.id, Served: l.served}
	if l.held.Count > 0 {
		held := l.held
		state.Receipt = &held
	}
	return version, results, state
}

// receive checks a receipt. It says whether it has to be written; what is lower than another is only looked at.
func (l *lane) receive(conn peer.ControlSender, chainID string, r *receipt.Receipt) (store bool, err error) {
	l.mu.Lock()
	key, limit := ed25519.PublicKey(l.onChain.SessionKey), l.onChain.Cap
	l.mu.Unlock()
	if r.Count > limit {
		return false, errOverCap
	}
	if err := r.Verify(chainID, key); err != nil {
		return false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pending && l.conn == conn && !l.answered {
		l.answer, l.answered = r.Count, true
	}
	if r.Count > l.arriving {
		l.arriving = r.Count
		return true, nil
	}
	l.resume()
	return false, nil
}

// durable takes over a receipt that is on disk. It returns how many requests it has newly paid.
func (l *lane) durable(r *receipt.Receipt) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.Count <= l.held.Count {
		return 0
	}
	paid := r.Count - l.held.Count
	l.held = *r
	covered := 0
	for covered < len(l.results) && l.results[covered].Sequence <= r.Count {
		covered++
	}
	l.results = l.results[covered:]
	l.signed = max(l.signed-covered, 0)
	l.signer.paid(uint64(covered), paid)
	l.resume()
	return paid
}

// resume ends the wait for the payer's number once its receipt is on disk. The number stands: what was served beyond is written off.
func (l *lane) resume() {
	if !l.pending || !l.answered || l.held.Count < l.answer {
		return
	}
	l.signer.release(uint64(len(l.results)))
	l.results, l.signed, l.served, l.pending = nil, 0, l.held.Count, false
	close(l.resumed)
}

// wait is closed once the payer's number is known on the latest connection.
func (l *lane) wait() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.resumed
}

// observe takes the lane as the chain shows it.
func (l *lane) observe(onChain rewardstypes.Lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if onChain.Cap >= l.onChain.Cap && onChain.Expiry >= l.onChain.Expiry && !l.closing {
		redeemed := max(l.onChain.Redeemed, onChain.Redeemed)
		l.onChain = onChain
		l.onChain.Redeemed = redeemed
	}
}

// expires takes that the payer has let the lane expire early. What an answer of before says no longer counts.
func (l *lane) expires(expiry, closes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.onChain.Expiry, l.onChain.Closes, l.closing = expiry, closes, true
}

// settled takes what the chain has paid.
func (l *lane) settled(count uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.onChain.Redeemed = max(l.onChain.Redeemed, count)
}

// state returns the lane on chain and the receipt held.
func (l *lane) state() (rewardstypes.Lane, receipt.Receipt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.onChain, l.held
}
