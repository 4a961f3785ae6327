package node_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/procfs"

	"github.com/testbed/testbed/inference/arch"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/inference/oip"
)

// TestMemoryIsGivenBack loads, runs and unloads a ResNet-50 of 102 MB in a
// process of its own, over and over. With malloc's settings of MallocEnv, what
// the process holds afterwards is what a program without a model does, however
// often; the test also says what it would be without them.
func TestMemoryIsGivenBack(t *testing.T) {
	needLinux(t)
	if testing.Short() {
		t.Skip("a large model several times")
	}
	library(t)
	for _, v := range withMalloc() { // so that MallocEnv says all
		name, _, _ := strings.Cut(v, "=")
		t.Setenv(name, "") // to have it back afterwards
		os.Unsetenv(name)
	}
	file := filepath.Join(t.TempDir(), "resnet50.onnx")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := arch.Write(f, "resnet50", 1); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	const cycles = 3
	with := cycle(t, file, cycles, node.MallocEnv()...)
	t.Logf("RSS in MB at first, and loaded and unloaded again %d times: %v", cycles, with)
	t.Logf("without malloc's settings: %v", cycle(t, file, 2))
	for i := 1; i < len(with); i += 2 {
		if loaded, after := with[i], with[i+1]; after > with[0]+60 || loaded < with[0]+100 {
			t.Errorf("cycle %d: %d MB loaded, %d MB afterwards, %d MB at first; want at least 100 more, and at most 60", i/2+1, loaded, after, with[0])
		}
	}
	if last := with[len(with)-1]; last > with[2]+20 {
		t.Errorf("%d MB after the last cycle, %d MB after the first: it grows", last, with[2])
	}
}

// cycle returns the resident memory of a node, in megabytes: at first, and then
// after each load with a run, and each unload.
func cycle(t *testing.T, file string, n int, env ...string) (rss []int64) {
	t.Helper()
	cmd, address := child(t, append(slices.Clone(env), envModel+"="+file)...)
	resident := func() {
		t.Helper()
		p, err := procfs.NewProc(cmd.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		stat, err := p.Stat()
		if err != nil {
			t.Fatal(err)
		}
		rss = append(rss, int64(stat.ResidentMemory())>>20)
	}
	post := func(what string) {
		t.Helper()
		resp, err := http.Post("http://"+address+"/v2/repository/models/big/"+what, "application/json", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if text, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %s", what, resp.Status, text)
		}
	}
	c := client(t, oip.Target{URL: "http://" + address})
	resident()
	for range n {
		post("load")
		if _, err := c.Classify(context.Background(), oip.Call{Model: "big", Image: image(t, 0)}); err != nil {
			t.Fatal(err)
		}
		resident()
		post("unload")
		resident()
	}
	return rss
}
