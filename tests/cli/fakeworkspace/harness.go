package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sync"
)

// harness stands in for *testing.T, which the fake wants for its reports and its clean-up. What goes wrong is kept for
// the tests to read.
type harness struct {
	mu       sync.Mutex
	problems []problem
	cleanups []func()
}

// problem is something that went wrong with a request of a token; the fake's own reports name no token.
type problem struct {
	token string
	text  string
}

func (h *harness) report(token, text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.problems = append(h.problems, problem{token, text})
}

// list returns what went wrong so far, oldest first: for one token, or for all and none.
func (h *harness) list(token string, all bool) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	found := []string{}
	for _, p := range h.problems {
		if all || p.token == token {
			found = append(found, p.text)
		}
	}
	return found
}

func (h *harness) close() {
	h.mu.Lock()
	cleanups := h.cleanups
	h.cleanups = nil
	h.mu.Unlock()
	for i := len(cleanups) - 1; i >= 0; i-- {
		cleanups[i]()
	}
}

func (h *harness) Cleanup(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cleanups = append(h.cleanups, f)
}

func (h *harness) Error(args ...any)                 { h.report("", fmt.Sprint(args...)) }
func (h *harness) Errorf(format string, args ...any) { h.report("", fmt.Sprintf(format, args...)) }

func (h *harness) Fatal(args ...any) {
	h.Error(args...)
	h.FailNow()
}

func (h *harness) Fatalf(format string, args ...any) {
	h.Errorf(format, args...)
	h.FailNow()
}

// FailNow ends the request that is being answered: the connection closes without an answer.
func (h *harness) FailNow() { panic(http.ErrAbortHandler) }

func (h *harness) Log(...any)               {}
func (h *harness) Logf(string, ...any)      {}
func (h *harness) Skip(...any)              {}
func (h *harness) Skipf(string, ...any)     {}
func (h *harness) Helper()                  {}
func (h *harness) Context() context.Context { return context.Background() }

func (h *harness) Setenv(key, value string) {
	if err := os.Setenv(key, value); err != nil {
		h.Fatal(err)
	}
}

func (h *harness) TempDir() string {
	dir, err := os.MkdirTemp("", "fakeworkspace-")
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
