//go:build long

package admin_test

// This file asks through proxies that forbid what the gateway would allow: make long. Needs Debian's
// nginx-light and haproxy.

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const nginxConfig = `
daemon off;
pid %[1]s/nginx.pid;
error_log %[1]s/error.log;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	upstream gateway { server %[2]s; keepalive 1; }
	server {
		listen %[3]s;
		location /v1/capabilities {
			proxy_pass http://gateway;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_request_buffering off;
		}
		location / { return 403; }
	}
}
`

const haproxyConfig = `
defaults
	mode http
	timeout client 5s
	timeout server 5s
	timeout connect 5s
	option http-keep-alive
	http-reuse always
frontend front
	bind %[3]s
	http-request deny if !{ path /v1/capabilities }
	default_backend gateway
backend gateway
	server one %[2]s
`

const harmlessBody = `{"from":"a@firma.example","to":["b@kunde.ex"]}`

// TestSmugglingThroughProxies: nginx and HAProxy, which let nobody decide over certificates, forward
// no request that the gateway takes for a decision.
func TestSmugglingThroughProxies(t *testing.T) {
	for name, proxy := range map[string]struct {
		config  string
		command func(path string) []string
	}{
		"nginx":   {nginxConfig, func(path string) []string { return []string{"/usr/sbin/nginx", "-c", path, "-e", "stderr"} }},
		"haproxy": {haproxyConfig, func(path string) []string { return []string{"/usr/sbin/haproxy", "-db", "-f", path} }},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSide(t)
			gateway := s.listen(t, "tcp", "127.0.0.1:0")
			front := proxied(t, proxy.config, gateway, proxy.command)
			decision := s.decision()
			head := s.harmless()
			if got := raw(t, front, head+fmt.Sprintf("Content-Length: %d\r\n\r\n", len(harmlessBody))+harmlessBody); len(got) != 1 || got[0] != 200 {
				t.Fatalf("what is allowed does not pass: %v", got)
			}
			if got := raw(t, front, decision); len(got) != 1 || got[0] != 403 || s.fake.decision != "" {
				t.Fatalf("the proxy forbids nothing: %v", got)
			}
			for name, fields := range smuggled {
				got := raw(t, front, head+fields+"\r\n"+decision)
				if s.fake.decision != "" {
					t.Errorf("%s: it was decided; answers %v", name, got)
				}
				s.fake.decision = ""
			}
		})
	}
}

// proxied starts a proxy in front of a gateway.
func proxied(t *testing.T, config string, gateway net.Addr, command func(string) []string) net.Addr {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	front := free.Addr()
	free.Close()
	dir := t.TempDir()
	path := filepath.Join(dir, "proxy.conf")
	if err := os.WriteFile(path, []byte(fmt.Sprintf(config, dir, gateway, front)), 0o600); err != nil {
		t.Fatal(err)
	}
	argv := command(path)
	c := exec.Command(argv[0], argv[1:]...)
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Signal(os.Interrupt)
		c.Wait()
	})
	for range 100 {
		conn, err := net.Dial("tcp", front.String())
		if err == nil {
			conn.Close()
			return front
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the proxy does not listen")
	return nil
}
