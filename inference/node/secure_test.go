package node_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/inference/oip"
)

// TestToken: nothing but whether the node is alive is told without it.
func TestToken(t *testing.T) {
	n := listen(t, node.ListenOptions{Token: "open sesame"})
	for _, token := range []string{"", "open", "open sesames"} {
		req, err := http.NewRequest(http.MethodGet, n.url+"/v2", nil)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("token %q: %s", token, resp.Status)
		}
		if _, err := node.DialNode(t.Context(), node.DialOptions{URL: n.url, Token: token}); err == nil || !strings.Contains(err.Error(), "401 Unauthorized") {
			t.Errorf("taken over with token %q: %v", token, err)
		}
	}
	if resp, err := http.Get(n.url + "/v2/health/live"); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("live: %v, %v", resp, err)
	}
	if err := classify(client(t, oip.Target{URL: n.url, Token: "open sesame"}), model.Builtin()[0].Name, image(t, 0)); err != nil {
		t.Error(err)
	}
	// While a runner has the node, the same token is asked for.
	takeOver(t, node.DialOptions{URL: n.url, Token: "open sesame"}, node.Config{Name: "edge", Models: model.Builtin()[:1], Token: "another"})
	if err := classify(client(t, oip.Target{URL: n.url}), model.Builtin()[0].Name, image(t, 0)); err == nil {
		t.Error("taken over: no token, no error")
	}
	if err := classify(client(t, oip.Target{URL: n.url, Token: "open sesame"}), model.Builtin()[0].Name, image(t, 0)); err != nil {
		t.Error(err)
	}
}

// TestControlRefuses what is not an upgrade to it.
func TestControlRefuses(t *testing.T) {
	n := listen(t, node.ListenOptions{})
	for _, tt := range []struct {
		method, upgrade string
		want            int
	}{
		{http.MethodGet, "testbed-node", http.StatusMethodNotAllowed},
		{http.MethodPost, "", http.StatusUpgradeRequired},
		{http.MethodPost, "websocket", http.StatusUpgradeRequired},
	} {
		req, err := http.NewRequest(tt.method, n.url+"/testbed/control", nil)
		if err != nil {
			t.Fatal(err)
		}
		if tt.upgrade != "" {
			req.Header.Set("Connection", "Upgrade")
			req.Header.Set("Upgrade", tt.upgrade)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != tt.want {
			t.Errorf("%s, Upgrade %q: %s, want %d", tt.method, tt.upgrade, resp.Status, tt.want)
		}
	}
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	for url, want := range map[string]string{
		other.URL: "404 Not Found", "http://" + at(freePort(t)): "connection refused",
		"ftp://x": "want http://host:port", "127.0.0.1:8801": "want http://host:port", "http://x/path": "want http://host:port",
	} {
		if _, err := node.DialNode(t.Context(), node.DialOptions{URL: url}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("DialNode(%s): %v; want an error with %q", url, err, want)
		}
	}
}

// TestTLS: requests and the control connection; who does not know the
// certificate is not served, and who speaks without TLS is not either.
func TestTLS(t *testing.T) {
	cert, key, roots := certificate(t)
	n := listen(t, node.ListenOptions{CertFile: cert, KeyFile: key, Token: "t"})
	trust := &tls.Config{RootCAs: roots}
	if err := classify(client(t, oip.Target{URL: n.url, Token: "t", TLS: trust}), model.Builtin()[0].Name, image(t, 0)); err != nil {
		t.Error(err)
	}
	c, _ := takeOver(t, node.DialOptions{URL: n.url, Token: "t", TLS: trust}, node.Config{Name: "edge", Models: model.Builtin()[:1]})
	if _, err := c.Status(t.Context(), ""); err != nil {
		t.Error(err)
	}
	c.Close()
	if _, err := node.DialNode(t.Context(), node.DialOptions{URL: n.url, Token: "t"}); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("with the system's roots: %v", err)
	}
	if _, err := node.DialNode(t.Context(), node.DialOptions{URL: strings.Replace(n.url, "https", "http", 1), Token: "t"}); err == nil {
		t.Error("without TLS: no error")
	}
	for _, o := range []node.ListenOptions{{CertFile: cert}, {CertFile: key, KeyFile: cert}} {
		o.Address, o.Library = "127.0.0.1:0", library(t)
		if err := node.Listen(t.Context(), o); err == nil || !strings.Contains(err.Error(), "TLS") {
			t.Errorf("Listen(%+v): %v", o, err)
		}
	}
}

// certificate makes one for 127.0.0.1, and the roots that trust it.
func certificate(t *testing.T) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "node"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(parsed)
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", raw), roots
}

// TestHugeMessage: a runner that announces 4 GiB is hung up on, and the node is
// its own again.
func TestHugeMessage(t *testing.T) {
	n := listen(t, node.ListenOptions{})
	conn, err := net.Dial("tcp4", strings.TrimPrefix(n.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(conn, "POST /testbed/control HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: testbed-node\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 512)
	if k, err := conn.Read(answer); err != nil || !strings.HasPrefix(string(answer[:k]), "HTTP/1.1 101 ") {
		t.Fatalf("%q, %v", answer[:k], err)
	}
	if _, err := conn.Write([]byte{0xfc, 0xff, 0xff, 0xff, 0xff}); err != nil {
		t.Fatal(err)
	}
	if k, err := conn.Read(answer); err == nil {
		t.Errorf("it answers %q", answer[:k])
	}
	c, err := node.DialNode(t.Context(), node.DialOptions{URL: n.url})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

// TestEndlessAnswer: what answers the upgrade with headers that do not end is
// not listened to for long.
func TestEndlessAnswer(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	written := make(chan int, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		n, err := io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n")
		for total := n; ; total += n {
			if err != nil || total > 64<<20 {
				written <- total
				return
			}
			n, err = io.WriteString(conn, strings.Repeat("A: b\r\n", 1000))
		}
	}()
	if _, err := node.DialNode(t.Context(), node.DialOptions{URL: "http://" + l.Addr().String()}); err == nil {
		t.Error("no error")
	}
	if n := <-written; n > 64<<20 {
		t.Errorf("it took %d bytes of headers", n)
	}
}
