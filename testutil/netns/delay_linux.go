package netns

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

const (
	delayDevice = "delay"
	// maxDelayed bounds the packets under way; the line loses what exceeds it, as a router does.
	maxDelayed = 16384
	maxPacket  = 64 << 10
)

// delayLine holds every packet that is routed to it for a while and hands it back: few kernels are built with netem.
type delayLine struct {
	device  *os.File
	latency atomic.Int64
	packets chan packet
	joined  sync.WaitGroup
}

type packet struct {
	due  time.Time
	data []byte
}

// openDelayLine makes the line's device in a namespace.
func openDelayLine(namespace string) (*delayLine, error) {
	d := &delayLine{packets: make(chan packet, maxDelayed)}
	err := within(namespace, func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if err != nil {
			return fmt.Errorf("opening /dev/net/tun: %w", err)
		}
		request, err := unix.NewIfreq(delayDevice)
		if err != nil {
			return errors.Join(err, unix.Close(fd))
		}
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
			return errors.Join(fmt.Errorf("making a TUN device: %w", err), unix.Close(fd))
		}
		d.device = os.NewFile(uintptr(fd), "tun")
		return nil
	})
	if err != nil {
		return nil, err
	}
	d.joined.Go(d.read)
	d.joined.Go(d.write)
	return d, nil
}

func (d *delayLine) set(latency time.Duration) { d.latency.Store(int64(latency)) }

func (d *delayLine) read() {
	defer close(d.packets)
	buffer := make([]byte, maxPacket)
	for {
		n, err := d.device.Read(buffer)
		if err != nil {
			return // closed
		}
		p := packet{time.Now().Add(time.Duration(d.latency.Load())), append([]byte(nil), buffer[:n]...)}
		select {
		case d.packets <- p:
		default:
		}
	}
}

func (d *delayLine) write() {
	for p := range d.packets {
		time.Sleep(time.Until(p.due))
		_, _ = d.device.Write(p.data) // one that the kernel does not take is lost
	}
}

func (d *delayLine) close() error {
	err := d.device.Close()
	d.joined.Wait()
	return err
}
