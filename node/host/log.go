package host

import (
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"go.etcd.io/bbolt"

	"github.com/orbnetwork/orb/pkg/receipt"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

var (
	lanesBucket    = []byte("lanes")
	receiptsBucket = []byte("receipts")
	mirrorsBucket  = []byte("mirrors")
)

// record is what the log keeps of a lane.
type record struct {
	lane rewardstypes.Lane
	// receipt is the highest one held; its count is 0 before the first.
	receipt receipt.Receipt
}

// mirrorRecord is what the log keeps of a function that was taken on demand: how many requests it has to serve in its time; 0 forgets it.
type mirrorRecord struct {
	function string
	least    uint64
}

// receiptLog keeps the highest receipt of every lane on disk, and which functions were taken on demand. Writes that come together share one fsync.
type receiptLog struct {
	db *bbolt.DB

	// failed is told why a write has to be tried again.
	failed func(error)

	mu      sync.Mutex
	closed  bool
	pending []write
	wake    chan struct{}
	closing chan struct{}
	done    sync.WaitGroup
}

// writeRetry is the rest after a write that failed, e.g. because the disk is full.
const writeRetry = time.Second

type write struct {
	// lane is written when it is not nil, the receipt when its count is not 0. forget removes both.
	id      []byte
	lane    *rewardstypes.Lane
	receipt receipt.Receipt
	forget  bool
	// mirror, when set, is all that is written.
	mirror *mirrorRecord
	// durable, when set, is called once the write is on disk.
	durable func()
}

// openLog opens or makes the log at path; failed is told of writes that are tried again.
func openLog(path string, failed func(error)) (*receiptLog, []record, error) {
	// The timeout turns a second process on the same home into an error.
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		return nil, nil, fmt.Errorf("opening receipt log %s (is another process using it?): %w", path, err)
	}
	l := &receiptLog{db: db, failed: failed, wake: make(chan struct{}, 1), closing: make(chan struct{})}
	records, err := l.load()
	if err != nil {
		db.Close()
		return nil, nil, err
	}
	l.done.Go(l.commit)
	return l, records, nil
}

func (l *receiptLog) load() ([]record, error) {
	var records []record
	err := l.db.Update(func(tx *bbolt.Tx) error {
		lanes, err := tx.CreateBucketIfNotExists(lanesBucket)
		if err != nil {
			return err
		}
		receipts, err := tx.CreateBucketIfNotExists(receiptsBucket)
		if err != nil {
			return err
		}
		return lanes.ForEach(func(id, data []byte) error {
			var r record
			if err := proto.Unmarshal(data, &r.lane); err != nil {
				return fmt.Errorf("lane %x: %w", id, err)
			}
			if held := receipts.Get(id); held != nil {
				if err := proto.Unmarshal(held, &r.receipt); err != nil {
					return fmt.Errorf("receipt of lane %x: %w", id, err)
				}
			}
			records = append(records, r)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("reading receipt log: %w", err)
	}
	return records, nil
}

// put queues a write; it is tried until it is on disk or the log is closed.
func (l *receiptLog) put(w write) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.pending = append(l.pending, w)
	l.signal()
}

func (l *receiptLog) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *receiptLog) commit() {
	for open := true; open; {
		select {
		case <-l.wake:
		case <-l.closing:
			open = false
		}
		l.mu.Lock()
		writes := l.pending
		l.pending = nil
		l.mu.Unlock()
		if len(writes) == 0 {
			continue
		}
		if err := l.write(writes); err != nil {
			l.failed(fmt.Errorf("writing receipt log: %w", err))
			l.mu.Lock()
			l.pending = append(writes, l.pending...)
			l.mu.Unlock()
			time.AfterFunc(writeRetry, l.signal)
			continue
		}
		for i := range writes {
			if writes[i].durable != nil {
				writes[i].durable()
			}
		}
	}
}

func (l *receiptLog) write(writes []write) error {
	return l.db.Update(func(tx *bbolt.Tx) error {
		for i := range writes {
			if err := writes[i].apply(tx); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *write) apply(tx *bbolt.Tx) error {
	if w.mirror != nil {
		return w.mirror.apply(tx)
	}
	lanes, receipts := tx.Bucket(lanesBucket), tx.Bucket(receiptsBucket)
	if w.forget {
		if err := lanes.Delete(w.id); err != nil {
			return err
		}
		return receipts.Delete(w.id)
	}
	if w.lane != nil {
		data, err := proto.Marshal(w.lane)
		if err != nil {
			return err
		}
		if err := lanes.Put(w.id, data); err != nil {
			return err
		}
	}
	if w.receipt.Count == 0 {
		return nil
	}
	data, err := proto.Marshal(&w.receipt)
	if err != nil {
		return err
	}
	return receipts.Put(w.id, data)
}

func (m *mirrorRecord) apply(tx *bbolt.Tx) error {
	mirrors, err := tx.CreateBucketIfNotExists(mirrorsBucket)
	if err != nil {
		return err
	}
	if m.least == 0 {
		return mirrors.Delete([]byte(m.function))
	}
	return mirrors.Put([]byte(m.function), binary.BigEndian.AppendUint64(nil, m.least))
}

// mirrors returns the functions that an earlier run has taken on demand.
func (l *receiptLog) mirrors() (records []mirrorRecord, err error) {
	err = l.db.View(func(tx *bbolt.Tx) error {
		mirrors := tx.Bucket(mirrorsBucket)
		if mirrors == nil {
			return nil
		}
		return mirrors.ForEach(func(id, least []byte) error {
			if len(least) == 8 {
				records = append(records, mirrorRecord{string(id), binary.BigEndian.Uint64(least)})
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("reading receipt log: %w", err)
	}
	return records, nil
}

// close writes what is queued and closes the file.
func (l *receiptLog) close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	close(l.closing)
	l.mu.Unlock()
	l.done.Wait()
	return l.db.Close()
}
