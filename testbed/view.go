package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/plots/view"
)

func (a *app) viewCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "view DIR...",
		Short: "Look at run directories in the browser, also while they are written",
		Long: `View serves a page about run directories, and those that folders hold: a list,
and of each run its verdict and figures to zoom into, by condition. It follows
runs that go on, with at most a fifth of one core.

The page can be had on this machine alone, and nothing is written. It ends with
Ctrl-C.`,
		Example: `    testbed view runs
    testbed view runs/lowbw-20260301-120000 --open`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: a.bound(func(cmd *cobra.Command, dirs []string) error { return a.view(cmd.Context(), dirs) }),
	}
	cmd.Flags().Int("port", 0, "port of 127.0.0.1; 0: any that is free")
	cmd.Flags().Bool("open", false, "open the page in a browser")
	return cmd
}

// view serves the page until ctx ends.
func (a *app) view(ctx context.Context, dirs []string) error {
	viewer, err := view.New(dirs)
	if err != nil {
		return badInput(err)
	}
	port := a.settings.GetInt("port")
	if port < 0 || port > 65535 {
		return badInput(fmt.Errorf("--port %d: want 1 to 65535, or 0 for any", port))
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return badInput(fmt.Errorf("%w; give another --port, or none", err))
	}
	// As for a report: less is held beside a large run.
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	url := "http://" + listener.Addr().String() + "/"
	fmt.Fprintln(a.out, url)
	a.say("Ctrl-C ends it")
	if a.settings.GetBool("open") {
		if err := openBrowser(url); err != nil {
			a.say("warning: no browser was opened: %v", err)
		}
	}
	server := &http.Server{Handler: viewer, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// openBrowser opens a page in the browser that the user's desktop names.
func openBrowser(url string) error {
	program := "xdg-open"
	if runtime.GOOS == "darwin" {
		program = "open"
	}
	cmd := exec.Command(program, url)
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }()
	return nil
}
