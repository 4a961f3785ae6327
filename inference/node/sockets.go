package node

import (
	"context"
	"net"
	"time"
)

// Sockets makes TCP sockets of one congestion control, so that two runs do not
// differ by what the host prefers.
type sockets struct {
	congestion string // that they get; "" is the host's own
}

// newSockets finds out whether sockets may have the congestion control asked.
// What is not permitted is replaced by reno, which always is; the warning says
// so.
func newSockets(asked string) (s sockets, warnings []string) {
	got, err := tryCongestion(asked)
	if err != nil {
		warnings = append(warnings, "congestion control "+asked+" is not to be had ("+err.Error()+"): using "+got)
	}
	return sockets{congestion: got}, warnings
}

func (s sockets) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Control: s.control, KeepAlive: -1}
	return d.DialContext(ctx, network, address)
}

func (s sockets) listen(ctx context.Context, address string) (net.Listener, error) {
	// Keep-alives would be packets on the emulated network that nobody asked for.
	l := net.ListenConfig{Control: s.control, KeepAlive: -1}
	return l.Listen(ctx, "tcp4", address)
}

// A timedDialer dials and remembers how long the handshake took: one round
// trip.
type timedDialer struct {
	sockets   sockets
	handshake time.Duration
	connected time.Time
}

func (d *timedDialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	start := time.Now()
	conn, err := d.sockets.dial(ctx, network, address)
	d.connected = time.Now()
	d.handshake = d.connected.Sub(start)
	return conn, err
}
