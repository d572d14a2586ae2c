package peer

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/pkg/receipt"
)

// vector is one frame of testdata/frames.json; which of the last fields is set depends on the kind.
type vector struct {
	Name string `json:"name"`
	Hex  string `json:"hex"`
	Kind kind   `json:"kind"`
	Call uint64 `json:"call,omitempty"`

	Session hexBytes `json:"session,omitempty"`
	Body    hexBytes `json:"body,omitempty"`
	Request *struct {
		LaneID     hexBytes `json:"lane_id"`
		FunctionID string   `json:"function_id"`
		Version    uint64   `json:"version"`
		TimeoutMS  uint32   `json:"timeout_ms"`
		Body       hexBytes `json:"body"`
	} `json:"request,omitempty"`
	Response *struct {
		Status   Status        `json:"status"`
		Load     uint32        `json:"load"`
		Sequence uint64        `json:"sequence"`
		Fuel     uint64        `json:"fuel"`
		Fault    receipt.Fault `json:"fault"`
		Message  string        `json:"message"`
		Body     hexBytes      `json:"body"`
	} `json:"response,omitempty"`
	Hello     []hexBytes `json:"hello,omitempty"`
	LaneState *struct {
		LaneID  hexBytes     `json:"lane_id"`
		Served  uint64       `json:"served"`
		Receipt *vectorCount `json:"receipt,omitempty"`
	} `json:"lane_state,omitempty"`
	Receipt *vectorCount `json:"receipt,omitempty"`
	Batch   *struct {
		LaneID     hexBytes `json:"lane_id"`
		FunctionID string   `json:"function_id"`
		Version    uint64   `json:"version"`
		From       uint64   `json:"from"`
		To         uint64   `json:"to"`
		Root       hexBytes `json:"root"`
		Signature  hexBytes `json:"signature"`
	} `json:"batch,omitempty"`
}

type vectorCount struct {
	LaneID    hexBytes `json:"lane_id"`
	Count     uint64   `json:"count"`
	Signature hexBytes `json:"signature"`
}

func (r *vectorCount) receipt() *receipt.Receipt {
	if r == nil {
		return nil
	}
	return &receipt.Receipt{LaneId: r.LaneID, Count: r.Count, Signature: r.Signature}
}

type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// message is what the vector stands for, as this package has it.
func (v *vector) message() any {
	switch {
	case v.Request != nil:
		r := v.Request
		return &Request{
			LaneID: r.LaneID, FunctionID: r.FunctionID, Version: r.Version, Body: r.Body, Timeout: time.Duration(r.TimeoutMS) * time.Millisecond,
		}
	case v.Response != nil:
		r := v.Response
		return &Response{Status: r.Status, Load: r.Load, Sequence: r.Sequence, Fuel: r.Fuel, Fault: r.Fault, Message: r.Message, Body: r.Body}
	case v.Hello != nil:
		m := &Hello{}
		for _, id := range v.Hello {
			m.LaneIDs = append(m.LaneIDs, id)
		}
		return m
	case v.LaneState != nil:
		return &LaneState{LaneID: v.LaneState.LaneID, Served: v.LaneState.Served, Receipt: v.LaneState.Receipt.receipt()}
	case v.Receipt != nil:
		return v.Receipt.receipt()
	case v.Batch != nil:
		b := v.Batch
		return &receipt.ResultBatch{
			LaneId: b.LaneID, FunctionId: b.FunctionID, Version: b.Version, From: b.From, To: b.To, Root: b.Root, Signature: b.Signature,
		}
	}
	return nil
}

func (v *vector) encode() (*frame, error) {
	switch m := v.message().(type) {
	case *Request:
		return encodeRequest(v.Call, m)
	case *Response:
		return encodeResponse(v.Call, m)
	case nil:
		f := &frame{kind: v.Kind, call: v.Call}
		switch v.Kind {
		case kindOpen:
			f.head = append([]byte{openVersion}, v.Session...)
		case kindBody:
			f.body = v.Body
		}
		return f, nil
	default:
		return encodeControl(m)
	}
}

// readFrame reads what a stream does, without limits in time.
func readFrame(r io.Reader) (*frame, error) {
	f, size, err := readHead(r)
	if err != nil {
		return nil, err
	}
	return f, f.readPayload(r, size)
}

func decode(f *frame) (any, error) {
	switch f.kind {
	case kindOpen, kindCancel, kindBody, kindMore:
		return nil, nil
	case kindRequest:
		r, _, err := decodeRequest(f.body)
		return r, err
	case kindResponse:
		r, _, err := decodeResponse(f.body)
		return r, err
	default:
		return decodeControl(f.kind, f.body)
	}
}

// TestVectors: testdata/frames.json pins the bytes of docs/invoke.md for other implementations.
func TestVectors(t *testing.T) {
	data, err := os.ReadFile("testdata/frames.json")
	require.NoError(t, err)
	var vectors []vector
	require.NoError(t, json.Unmarshal(data, &vectors))
	seen := make(map[kind]bool)
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			seen[v.Kind] = true
			f, err := v.encode()
			require.NoError(t, err)
			require.Equal(t, v.Kind, f.kind)
			var buf bytes.Buffer
			require.NoError(t, f.writeTo(&buf))
			require.Equal(t, v.Hex, hex.EncodeToString(buf.Bytes()))

			got, err := readFrame(&buf)
			require.NoError(t, err)
			require.Equal(t, v.Call, got.call)
			message, err := decode(got)
			require.NoError(t, err)
			require.Equal(t, v.message(), message)
		})
	}
	for k := kindOpen; k <= kindMore; k++ {
		require.True(t, seen[k], "no vector of kind %d", k)
	}
}
