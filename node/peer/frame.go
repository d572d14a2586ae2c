package peer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/orbnetwork/orb/pkg/receipt"
)

const (
	// MaxBody is the largest request or response body, in bytes.
	MaxBody = 4 << 20
	// chunkSize is how much of a body one frame carries at most, so that no frame holds up others for long.
	chunkSize = 64 << 10
	// maxHead bounds everything else in a frame.
	maxHead = 64 << 10
	// headSize is length (4), kind (1) and call (8).
	headSize = 13
	maxFrame = chunkSize + maxHead
	// maxIDs bounds the lanes of one Hello.
	maxIDs = 1024
)

// ErrFrame is wrapped by every error that a malformed frame causes. The stream ends with it.
var ErrFrame = errors.New("malformed frame")

// kind says what a frame carries. Receivers skip kinds they do not know.
type kind uint8

const (
	kindOpen kind = iota + 1
	kindRequest
	kindResponse
	kindCancel
	kindHello
	kindLaneState
	kindReceipt
	kindBatch
	// kindBody carries the next bytes of the call's body, and kindMore says that the rest of a request's body is welcome.
	kindBody
	kindMore
)

// frame is one message of a stream. body is apart from head so that large bodies are never copied to be sent.
type frame struct {
	kind kind
	// call pairs everything else about a request with it; 0 in control messages.
	call uint64
	head []byte
	body []byte
	// unwanted, when set, tells that nobody wants any more what has not been written.
	unwanted *atomic.Bool
	// done, when set, is called once the frame is written or dropped.
	done func()
}

func (f *frame) finish() {
	if f.done != nil {
		f.done()
		f.done = nil
	}
}

// cut takes the first frame off one whose body is larger than a chunk, and leaves the rest.
func (f *frame) cut() *frame {
	first := &frame{kind: f.kind, call: f.call, head: f.head, body: f.body[:min(len(f.body), chunkSize)]}
	f.kind, f.head, f.body = kindBody, nil, f.body[len(first.body):]
	return first
}

func (f *frame) writeTo(w io.Writer) error {
	size := headSize - 4 + len(f.head) + len(f.body)
	if size > maxFrame {
		return fmt.Errorf("%w: %d bytes", ErrFrame, size)
	}
	var h [headSize]byte
	binary.BigEndian.PutUint32(h[:], uint32(size))
	h[4] = byte(f.kind)
	binary.BigEndian.PutUint64(h[5:], f.call)
	for _, part := range [][]byte{h[:], f.head, f.body} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// readHead reads what precedes a frame's payload, and the payload's size.
func readHead(r io.Reader) (f *frame, size int64, err error) {
	var h [headSize]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return nil, 0, err
	}
	size = int64(binary.BigEndian.Uint32(h[:]))
	if size < headSize-4 || size > maxFrame {
		return nil, 0, fmt.Errorf("%w: length %d", ErrFrame, size)
	}
	return &frame{kind: kind(h[4]), call: binary.BigEndian.Uint64(h[5:])}, size - (headSize - 4), nil
}

// readPayload reads size bytes into body.
func (f *frame) readPayload(r io.Reader, size int64) error {
	f.body = make([]byte, size)
	_, err := io.ReadFull(r, f.body)
	return unexpected(err)
}

// unexpected makes an end inside a frame an error that is not taken for a clean end.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func encodeRequest(call uint64, r *Request) (*frame, error) {
	if len(r.LaneID) > 255 || len(r.FunctionID) > 255 || len(r.Body) > MaxBody {
		return nil, fmt.Errorf("%w: request with a body of %d bytes", ErrTooLarge, len(r.Body))
	}
	head := make([]byte, 0, 18+len(r.LaneID)+len(r.FunctionID))
	head = appendShort(head, r.LaneID)
	head = appendShort(head, []byte(r.FunctionID))
	head = binary.BigEndian.AppendUint64(head, r.Version)
	timeout := min(max(r.Timeout.Milliseconds(), 0), int64(^uint32(0)))
	head = binary.BigEndian.AppendUint32(head, uint32(timeout))
	head = binary.BigEndian.AppendUint32(head, uint32(len(r.Body)))
	return &frame{kind: kindRequest, call: call, head: head, body: r.Body}, nil
}

// decodeRequest returns the request with the first bytes of its body, of which there will be size.
func decodeRequest(data []byte) (r *Request, size int, err error) {
	d := decoder{data: data}
	r = &Request{LaneID: d.short(), FunctionID: string(d.short()), Version: d.uint64()}
	r.Timeout = time.Duration(d.uint32()) * time.Millisecond
	r.Body, size = d.body()
	return r, size, d.err
}

func encodeResponse(call uint64, r *Response) (*frame, error) {
	if len(r.Message) > maxHead/2 || len(r.Body) > MaxBody {
		return nil, fmt.Errorf("%w: response with a body of %d bytes", ErrTooLarge, len(r.Body))
	}
	head := make([]byte, 0, 31+len(r.Message))
	head = append(head, byte(r.Status))
	head = binary.BigEndian.AppendUint32(head, r.Load)
	head = binary.BigEndian.AppendUint64(head, r.Sequence)
	head = binary.BigEndian.AppendUint64(head, r.Fuel)
	head = binary.BigEndian.AppendUint32(head, uint32(r.Fault))
	head = binary.BigEndian.AppendUint16(head, uint16(len(r.Message)))
	head = append(head, r.Message...)
	head = binary.BigEndian.AppendUint32(head, uint32(len(r.Body)))
	return &frame{kind: kindResponse, call: call, head: head, body: r.Body}, nil
}

// decodeResponse returns the response with the first bytes of its body, of which there will be size.
func decodeResponse(data []byte) (r *Response, size int, err error) {
	d := decoder{data: data}
	r = &Response{Status: Status(d.uint8()), Load: d.uint32(), Sequence: d.uint64(), Fuel: d.uint64(), Fault: receipt.Fault(d.uint32())}
	message := d.take(int(d.uint16()))
	if len(message) > maxHead/2 {
		d.fail("message too long")
	}
	r.Message = string(message)
	r.Body, size = d.body()
	return r, size, d.err
}

// appendBody adds the bytes of a BODY frame to a body of which there will be size.
func appendBody(body, chunk []byte, size int) ([]byte, error) {
	if len(chunk) == 0 || len(chunk) > size-len(body) {
		return nil, fmt.Errorf("%w: %d bytes more for a body of %d that has %d", ErrFrame, len(chunk), size, len(body))
	}
	return append(body, chunk...), nil
}

func encodeControl(message Control) (*frame, error) {
	var f frame
	var err error
	switch m := message.(type) {
	case *Hello:
		if len(m.LaneIDs) > maxIDs {
			return nil, fmt.Errorf("%w: hello of %d lanes", ErrTooLarge, len(m.LaneIDs))
		}
		f.kind = kindHello
		f.head = binary.BigEndian.AppendUint16(nil, uint16(len(m.LaneIDs)))
		for _, id := range m.LaneIDs {
			if len(id) != receipt.LaneIDSize {
				return nil, fmt.Errorf("%w: lane id of %d bytes", ErrFrame, len(id))
			}
			f.head = append(f.head, id...)
		}
	case *LaneState:
		if len(m.LaneID) != receipt.LaneIDSize {
			return nil, fmt.Errorf("%w: lane id of %d bytes", ErrFrame, len(m.LaneID))
		}
		f.kind = kindLaneState
		f.head = append(f.head, m.LaneID...)
		f.head = binary.BigEndian.AppendUint64(f.head, m.Served)
		if m.Receipt != nil {
			f.body, err = m.Receipt.Marshal()
		}
	case *receipt.Receipt:
		f.kind = kindReceipt
		f.body, err = m.Marshal()
	case *receipt.ResultBatch:
		f.kind = kindBatch
		f.body, err = m.Marshal()
	default:
		err = fmt.Errorf("%w: no control message is a %T", ErrFrame, message)
	}
	if err == nil && len(f.head)+len(f.body) > maxHead {
		err = fmt.Errorf("%w: control message of %d bytes", ErrTooLarge, len(f.head)+len(f.body))
	}
	return &f, err
}

// decodeControl returns nil for kinds of a later protocol.
func decodeControl(k kind, data []byte) (Control, error) {
	if len(data) > maxHead {
		return nil, fmt.Errorf("%w: control message of %d bytes", ErrFrame, len(data))
	}
	d := decoder{data: data}
	switch k {
	case kindHello:
		n := int(d.uint16())
		if n > maxIDs {
			return nil, fmt.Errorf("%w: hello of %d lanes", ErrFrame, n)
		}
		m := &Hello{}
		for range n {
			m.LaneIDs = append(m.LaneIDs, d.take(receipt.LaneIDSize))
		}
		d.end()
		return m, d.err
	case kindLaneState:
		m := &LaneState{LaneID: d.take(receipt.LaneIDSize), Served: d.uint64()}
		if raw := d.rest(maxHead); d.err == nil && len(raw) > 0 {
			m.Receipt = &receipt.Receipt{}
			if err := m.Receipt.Unmarshal(raw); err != nil {
				return nil, fmt.Errorf("%w: %w", ErrFrame, err)
			}
		}
		return m, d.err
	case kindReceipt:
		m := &receipt.Receipt{}
		if err := m.Unmarshal(data); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFrame, err)
		}
		return m, nil
	case kindBatch:
		m := &receipt.ResultBatch{}
		if err := m.Unmarshal(data); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFrame, err)
		}
		return m, nil
	}
	return nil, nil
}

func appendShort(to, field []byte) []byte {
	return append(append(to, byte(len(field))), field...)
}

// decoder cuts fields off a payload; after the first error every field is empty.
type decoder struct {
	data []byte
	err  error
}

func (d *decoder) fail(reason string) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: %s", ErrFrame, reason)
	}
	d.data = nil
}

func (d *decoder) take(n int) []byte {
	if len(d.data) < n {
		d.fail("too short")
		return nil
	}
	field := d.data[:n:n]
	d.data = d.data[n:]
	return field
}

func (d *decoder) uint8() uint8 {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) uint16() uint16 {
	if b := d.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (d *decoder) uint32() uint32 {
	if b := d.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (d *decoder) uint64() uint64 {
	if b := d.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (d *decoder) short() []byte { return d.take(int(d.uint8())) }

// body takes a body's size and its first bytes, which are all of it unless it is larger than a chunk.
func (d *decoder) body() (first []byte, size int) {
	size = int(d.uint32())
	first = d.rest(chunkSize)
	if size > MaxBody || len(first) > size || len(first) < size && size <= chunkSize {
		d.fail("wrong size of a body")
	}
	return first, size
}

func (d *decoder) rest(limit int) []byte {
	if len(d.data) > limit {
		d.fail("body too large")
	}
	return d.take(len(d.data))
}

func (d *decoder) end() {
	if len(d.data) > 0 {
		d.fail("trailing bytes")
	}
}
