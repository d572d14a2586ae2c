// Package netns makes small internets on one Linux machine: every host is a network namespace with an address of its own, all of them
// around one router that can lose and delay packets and cut hosts from each other. It needs root, ip, nft and /dev/net/tun.
//
// The addresses are of a public range, though nothing leaves the machine: libp2p treats private ones differently, and would neither
// find out about NAT nor announce them.
package netns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// ErrUnavailable is wrapped when this machine or user cannot make namespaces.
var ErrUnavailable = errors.New("network namespaces are not available")

const (
	// firstHost leaves room for the router and for this process's own address.
	firstHost = 10
	lastHost  = 254
	// delayTable is the routing table that leads into the delay line, and the preferences are of the rules about it.
	delayTable    = "100"
	preferDelayed = "100"
	preferDelay   = "200"
)

// Lab is a router with hosts around it. This process is one of them, at the lab's second address.
type Lab struct {
	prefix string // of every name
	net    string // "11.x.y."
	delay  *delayLine

	mu    sync.Mutex
	hosts []*Host
}

// Host is a namespace.
type Host struct {
	// Name is the namespace's.
	Name string
	// Addr is where others see the host: its own address, or its NAT's.
	Addr string

	lab *Lab
	nat string // namespace of the NAT in front; empty without one
}

// New makes a lab without hosts, after it has removed what labs of processes that are no more have left. Close it.
func New(ctx context.Context) (_ *Lab, err error) {
	if os.Geteuid() != 0 {
		return nil, fmt.Errorf("%w: this is not root", ErrUnavailable)
	}
	for _, tool := range []string{"ip", "nft", "sysctl"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	}
	sweep(ctx)
	pid := os.Getpid()
	l := &Lab{prefix: fmt.Sprintf("orb%d", pid), net: fmt.Sprintf("11.%d.%d.", pid>>8&255, pid&255)}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Close())
		}
	}()
	if err := run(ctx, "ip netns add "+l.router()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if l.delay, err = openDelayLine(l.router()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	in := "ip -n " + l.router() + " "
	if err := run(ctx,
		in+"link set lo up",
		"ip netns exec "+l.router()+" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0",
		"ip link add "+l.prefix+" type veth peer name process netns "+l.router(),
		"ip addr add "+l.net+"2 peer "+l.net+"1 dev "+l.prefix,
		"ip link set "+l.prefix+" up",
		in+"addr add "+l.net+"1 peer "+l.net+"2 dev process",
		in+"link set process up",
		"ip route add "+l.net+"0/24 via "+l.net+"1 dev "+l.prefix,
		in+"link set "+delayDevice+" up",
		in+"route add default dev "+delayDevice+" table "+delayTable,
		in+"rule add iif "+delayDevice+" lookup main pref "+preferDelayed,
	); err != nil {
		return nil, err
	}
	return l, l.Mend(ctx)
}

func (l *Lab) router() string { return l.prefix + "-router" }

// Addr is this process's own address in the lab.
func (l *Lab) Addr() string { return l.net + "2" }

// Host adds a host that everybody reaches.
func (l *Lab) Host(ctx context.Context) (*Host, error) {
	return l.add(ctx, func(h *Host, n int) error {
		h.Name = fmt.Sprintf("%s-%d", l.prefix, n)
		return l.attach(ctx, h.Name, h.Addr, n)
	})
}

// HostBehindNAT adds a host that opens connections to everybody through a NAT of its own, and that nobody can open one to.
func (l *Lab) HostBehindNAT(ctx context.Context) (*Host, error) {
	return l.add(ctx, func(h *Host, n int) error {
		h.nat, h.Name = fmt.Sprintf("%s-nat%d", l.prefix, n), fmt.Sprintf("%s-%d", l.prefix, n)
		if err := l.attach(ctx, h.nat, h.Addr, n); err != nil {
			return err
		}
		lan := fmt.Sprintf("192.168.%d.", n)
		if err := run(ctx,
			"ip netns add "+h.Name,
			"ip -n "+h.Name+" link set lo up",
			"ip -n "+h.nat+" link add lan type veth peer name eth0 netns "+h.Name,
			"ip -n "+h.nat+" addr add "+lan+"1/24 dev lan",
			"ip -n "+h.nat+" link set lan up",
			"ip -n "+h.Name+" addr add "+lan+"2/24 dev eth0",
			"ip -n "+h.Name+" link set eth0 up",
			"ip -n "+h.Name+" route add default via "+lan+"1",
			"ip netns exec "+h.nat+" sysctl -qw net.ipv4.ip_forward=1",
		); err != nil {
			return err
		}
		return h.Reaches(ctx)
	})
}

func (l *Lab) add(ctx context.Context, build func(h *Host, n int) error) (*Host, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := firstHost + len(l.hosts)
	if n > lastHost {
		return nil, fmt.Errorf("a lab has at most %d hosts", lastHost-firstHost+1)
	}
	h := &Host{Addr: l.net + strconv.Itoa(n), lab: l}
	l.hosts = append(l.hosts, h)
	if err := build(h, n); err != nil {
		return nil, fmt.Errorf("adding a host: %w", err)
	}
	return h, ctx.Err()
}

// attach makes a namespace and connects it to the router.
func (l *Lab) attach(ctx context.Context, name, addr string, n int) error {
	port := fmt.Sprintf("to%d", n)
	router := "ip -n " + l.router() + " "
	return run(ctx,
		"ip netns add "+name,
		"ip -n "+name+" link set lo up",
		router+"link add "+port+" type veth peer name eth0 netns "+name,
		"ip -n "+name+" addr add "+addr+" peer "+l.net+"1 dev eth0",
		"ip -n "+name+" link set eth0 up",
		"ip -n "+name+" route add default via "+l.net+"1",
		router+"addr add "+l.net+"1 peer "+addr+" dev "+port,
		router+"link set "+port+" up",
	)
}

// Reaches lets a host behind a NAT reach nobody but the hosts named; all when none is.
func (h *Host) Reaches(ctx context.Context, only ...*Host) error {
	rules := `
		add table ip orb
		delete table ip orb
		table ip orb {
			chain out {
				type nat hook postrouting priority srcnat;
				oifname "eth0" masquerade
			}
			chain in {
				type filter hook input priority filter;
				iifname "eth0" ct state established,related accept
				iifname "eth0" drop
			}
			chain through {
				type filter hook forward priority filter;
				iifname "eth0" ct state established,related accept
				iifname "eth0" drop
				%s
			}
		}`
	limit := ""
	if len(only) > 0 {
		limit = "ip daddr != " + set(only) + " drop"
	}
	return nft(ctx, h.nat, fmt.Sprintf(rules, limit))
}

// Cut drops every packet between two groups of hosts. This process reaches both.
func (l *Lab) Cut(ctx context.Context, left, right []*Host) error {
	return nft(ctx, l.router(), fmt.Sprintf(`
		add rule ip orb through ip saddr %[1]s ip daddr %[2]s drop
		add rule ip orb through ip saddr %[2]s ip daddr %[1]s drop`, set(left), set(right)))
}

// Impair has every packet take longer by latency, and loses lossPerMille, below 1000, of them.
func (l *Lab) Impair(ctx context.Context, latency time.Duration, lossPerMille int) error {
	if lossPerMille > 0 {
		// A delayed packet passes the router twice.
		if err := nft(ctx, l.router(), fmt.Sprintf(`add rule ip orb through oifname != "%s" numgen random mod 1000 < %d drop`, delayDevice, lossPerMille)); err != nil {
			return err
		}
	}
	if latency == 0 {
		return nil
	}
	l.delay.set(latency)
	return run(ctx, "ip -n "+l.router()+" rule add lookup "+delayTable+" pref "+preferDelay)
}

// Mend ends what Cut and Impair have begun.
func (l *Lab) Mend(ctx context.Context) error {
	// There is no such rule unless Impair has made it.
	_ = run(ctx, "ip -n "+l.router()+" rule del pref "+preferDelay)
	return nft(ctx, l.router(), `
		add table ip orb
		delete table ip orb
		table ip orb {
			chain through { type filter hook forward priority filter; policy accept; };
		}`)
}

// Exec is what runs a command on the host when it precedes it.
func (h *Host) Exec() []string { return []string{"ip", "netns", "exec", h.Name} }

// Dial connects to an IP address and port as a process on the host would.
func (h *Host) Dial(ctx context.Context, network, address string) (conn net.Conn, err error) {
	err = within(h.Name, func() error {
		conn, err = new(net.Dialer).DialContext(ctx, network, address)
		return err
	})
	return conn, err
}

// Close ends the processes that still run on hosts, and removes everything.
func (l *Lab) Close() error {
	// What removes must not be kept from it by a test that has timed out.
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var errs []error
	if l.delay != nil {
		errs = append(errs, l.delay.close())
	}
	return errors.Join(append(errs, remove(ctx, l.prefix))...)
}

// remove ends and removes everything whose name has the prefix of a lab.
func remove(ctx context.Context, prefix string) error {
	var errs []error
	for _, name := range namespaces() {
		if !strings.HasPrefix(name, prefix+"-") {
			continue
		}
		if out, err := exec.CommandContext(ctx, "ip", "netns", "pids", name).Output(); err == nil {
			for _, field := range strings.Fields(string(out)) {
				if pid, err := strconv.Atoi(field); err == nil && pid != os.Getpid() {
					_ = unix.Kill(pid, unix.SIGKILL) // it may have ended in between
				}
			}
		}
		errs = append(errs, run(ctx, "ip netns del "+name))
	}
	if _, err := net.InterfaceByName(prefix); err == nil {
		// The kernel may have taken it already, together with its other end in the router.
		_ = run(ctx, "ip link del "+prefix)
	}
	return errors.Join(errs...)
}

var namePattern = regexp.MustCompile(`^orb([0-9]+)-`)

// sweep removes the labs of processes that are no more.
func sweep(ctx context.Context) {
	for _, name := range namespaces() {
		match := namePattern.FindStringSubmatch(name)
		if match == nil {
			continue
		}
		if pid, err := strconv.Atoi(match[1]); err == nil && errors.Is(unix.Kill(pid, 0), unix.ESRCH) {
			_ = remove(ctx, "orb"+match[1]) // the names of this lab are others
		}
	}
}

func namespaces() []string {
	entries, err := os.ReadDir(namespaceDir)
	if err != nil {
		return nil // before the first one there is no folder
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return names
}

const namespaceDir = "/run/netns"

// within runs f on a thread that is in a namespace. f must open its sockets in its own goroutine.
func within(name string, f func() error) error {
	target, err := os.Open(namespaceDir + "/" + name)
	if err != nil {
		return fmt.Errorf("entering a namespace: %w", err)
	}
	defer target.Close()
	runtime.LockOSThread()
	own, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("entering a namespace: %w", err)
	}
	defer own.Close()
	if err := unix.Setns(int(target.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("entering a namespace: %w", err)
	}
	err = f()
	if back := unix.Setns(int(own.Fd()), unix.CLONE_NEWNET); back != nil {
		return errors.Join(err, fmt.Errorf("leaving a namespace: %w", back)) // the thread stays locked, and ends with its goroutine
	}
	runtime.UnlockOSThread()
	return err
}

func set(hosts []*Host) string {
	addrs := make([]string, len(hosts))
	for i, h := range hosts {
		addrs[i] = h.Addr
	}
	return "{ " + strings.Join(addrs, ", ") + " }"
}

func nft(ctx context.Context, namespace, rules string) error {
	cmd := exec.CommandContext(ctx, "ip", "netns", "exec", namespace, "nft", "-f", "-")
	cmd.Stdin = strings.NewReader(rules)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w\n%s\n%s", err, rules, out)
	}
	return nil
}

// run runs commands without quoting, one after the other, until one fails.
func run(ctx context.Context, commands ...string) error {
	for _, command := range commands {
		fields := strings.Fields(command)
		if out, err := exec.CommandContext(ctx, fields[0], fields[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", command, err, out)
		}
	}
	return nil
}
