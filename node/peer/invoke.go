package peer

import (
	"context"
	"errors"
	"time"

	"github.com/orbnetwork/orb/pkg/receipt"
)

// InvokeProtocol is the libp2p protocol of requests, results and receipts; docs/invoke.md describes its frames.
const InvokeProtocol = "/orb/invoke/1"

var (
	// ErrClosed is wrapped by what Invoke and Send return when the connection ended. A request that fails with it may or may not have
	// run; nothing is owed for it, so a caller goes on to the next host.
	ErrClosed = errors.New("connection to the host is closed")
	// ErrTooLarge is wrapped when a message is over the protocol's limits; nothing was sent.
	ErrTooLarge = errors.New("message too large")
	// ErrStalled is wrapped by Send when the other side has stopped reading; the connection ends with it.
	ErrStalled = errors.New("peer does not read")
)

// Status says whether a host ran a request, and if not, why.
type Status uint8

// The statuses, in the numbers of the protocol.
const (
	// StatusOK: it ran; Fault tells how.
	StatusOK Status = iota
	// StatusBusy: the host is at its limit; Load says how far.
	StatusBusy
	// StatusUnavailable: the host does not have the function's version.
	StatusUnavailable
	// StatusNoLane: the lane is unknown, exhausted or expired.
	StatusNoLane
	// StatusUnpaid: the lane's credit is used up; the host wants a receipt.
	StatusUnpaid
	// StatusInternal: the host failed by its own fault; nothing is charged.
	StatusInternal
)

var statusNames = [...]string{"ok", "busy", "unavailable", "no_lane", "unpaid", "internal"}

func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return "unknown"
}

// Request asks a host to run a function.
type Request struct {
	LaneID     []byte
	FunctionID string
	Version    uint64
	// Body is the request bytes, at most MaxBody. It is read on for a while when Invoke returns early.
	Body []byte
	// Timeout is how long the caller waits, in whole milliseconds on the wire; 0 means the context's deadline, else no limit.
	Timeout time.Duration
}

// Response is the host's answer.
type Response struct {
	Status   Status
	Sequence uint64
	Fuel     uint64
	Fault    receipt.Fault
	// Body is the response bytes, at most MaxBody.
	Body    []byte
	Message string
	// Load of the host in per mille of what it takes on.
	Load uint32
}

// Control is a message outside requests: *Hello and *receipt.Receipt from the caller, *LaneState and *receipt.ResultBatch from the host.
type Control any

// Hello asks a host for the state of the caller's lanes.
type Hello struct {
	// LaneIDs has at most 1024 ids of 20 bytes.
	LaneIDs [][]byte
}

// LaneState answers a Hello.
type LaneState struct {
	LaneID []byte
	// Receipt is the highest that the host holds; nil when it holds none.
	Receipt *receipt.Receipt
	// Served is how many requests the host has served on the lane.
	Served uint64
}

// ControlSender sends control messages to the other side, in order. Send never waits: a peer that does not read loses the connection.
// A sender is comparable and stays the same as long as the connection lives.
type ControlSender interface {
	Send(Control) error
}

// Doorkeeper is an InvokeHandler that tells from a request's head whether it would be refused, so that no body is asked for that nobody pays for.
type Doorkeeper interface {
	// Refuse returns the answer to a request that will not be served whatever its body is, else nil.
	Refuse(request *Request) *Response
}

// InvokeHandler serves requests. from is the caller's Orb ID, as proven by the transport.
type InvokeHandler interface {
	// Invoke may be called many times at once; its context ends with the request's deadline, the caller's cancel and the connection.
	// The response is not nil.
	Invoke(ctx context.Context, from string, sender ControlSender, request *Request) *Response
	// Control is called in the order of sending and holds up what the stream brings next: it must not wait.
	Control(ctx context.Context, from string, sender ControlSender, message Control)
}
