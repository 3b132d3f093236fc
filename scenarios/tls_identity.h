/*
 * scenarios/tls_identity.h - who the server is, and how the client can tell.
 *
 * A key and a certificate made in memory, the same in each run.  It is valid from 1970 to 2049, and
 * the clock that is asked is the host's.
 *
 *   Owns    nothing; contexts keep what they are given.
 *   Errors  false: out of memory, or OpenSSL refuses.
 */
#ifndef SCENARIOS_TLS_IDENTITY_H
#define SCENARIOS_TLS_IDENTITY_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

/* Gives the server its key and certificate, and the client the certificate to trust. */
bool drill_tls_identify(SSL_CTX *server, SSL_CTX *client);
/* Before the handshake of either end: whom the client wants to speak to, and what time it is. */
bool drill_tls_prepare(SSL *ssl, int64_t wall_seconds);

#endif
