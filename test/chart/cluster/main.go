// A Kubernetes cluster without nodes: etcd and kube-apiserver in one process, on loopback, for charts to be installed into.
//
// It is called with a folder of its own, leaves a kubeconfig there, and ends when its standard input does.
package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

const kubeconfig = `apiVersion: v1
kind: Config
current-context: test
contexts: [{ name: test, context: { cluster: test, user: admin, namespace: default } }]
clusters: [{ name: test, cluster: { server: 'https://127.0.0.1:%s', insecure-skip-tls-verify: true } }]
users: [{ name: admin, user: { token: %s } }]
`

func main() {
	if len(os.Args) != 2 {
		fail(errors.New("called with one folder"))
	}
	folder := os.Args[1]
	etcd, err := startEtcd(folder)
	if err != nil {
		fail(err)
	}
	arguments, err := prepare(folder)
	if err != nil {
		fail(err)
	}
	go endWithStandardInput()
	os.Args = append([]string{"kube-apiserver", "--etcd-servers=" + etcd}, arguments...)
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}

func startEtcd(folder string) (string, error) {
	client, err := freeAddress()
	if err != nil {
		return "", err
	}
	peer, err := freeAddress()
	if err != nil {
		return "", err
	}
	config := embed.NewConfig()
	config.Dir = filepath.Join(folder, "etcd")
	config.LogLevel = "error"
	config.UnsafeNoFsync = true // What is in here is for one test.
	config.ListenClientUrls, config.AdvertiseClientUrls = client, client
	config.ListenPeerUrls, config.AdvertisePeerUrls = peer, peer
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	server, err := embed.StartEtcd(config)
	if err != nil {
		return "", err
	}
	select {
	case <-server.Server.ReadyNotify():
		return client[0].String(), nil
	case <-time.After(time.Minute):
		return "", errors.New("etcd does not come up")
	}
}

// prepare writes what the API server reads and what its clients need, and answers its arguments.
func prepare(folder string) ([]string, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	port := address[0].Port()
	token := rand.Text()
	files := map[string]string{
		"account.key": string(pem.EncodeToMemory(block)),
		"tokens.csv":  token + `,admin,admin,"system:masters"` + "\n",
		"kubeconfig":  fmt.Sprintf(kubeconfig, port, token),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	return []string{
		"--bind-address=127.0.0.1",
		"--secure-port=" + port,
		"--cert-dir=" + filepath.Join(folder, "certificates"),
		"--token-auth-file=" + filepath.Join(folder, "tokens.csv"),
		"--authorization-mode=RBAC",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + filepath.Join(folder, "account.key"),
		"--service-account-signing-key-file=" + filepath.Join(folder, "account.key"),
		"--service-cluster-ip-range=10.96.0.0/16",
		// There is no controller that would make the accounts that it asks for.
		"--disable-admission-plugins=ServiceAccount",
	}, nil
}

func freeAddress() ([]url.URL, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	return []url.URL{{Scheme: "http", Host: listener.Addr().String()}}, nil
}

func endWithStandardInput() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
