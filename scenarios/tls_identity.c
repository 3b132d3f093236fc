#include "scenarios/tls_identity.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#define NAME        "server"
#define VALID_UNTIL INT64_C(2493072000) /* 2049-01-01 */

static EVP_PKEY *make_key(void)
{
    static const char secret[] = "a secret that everybody may know"; /* 32 bytes */

    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, (const uint8_t *)secret,
                                        sizeof secret - 1);
}

static bool fill(X509 *certificate, EVP_PKEY *key)
{
    X509_NAME *name = X509_get_subject_name(certificate);

    return X509_set_version(certificate, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)NAME, -1, -1, 0) ==
               1 &&
           X509_set_issuer_name(certificate, name) == 1 &&
           ASN1_TIME_set(X509_getm_notBefore(certificate), 0) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), VALID_UNTIL) != NULL &&
           X509_set_pubkey(certificate, key) == 1 && X509_sign(certificate, key, NULL) > 0;
}

bool drill_tls_identify(SSL_CTX *server, SSL_CTX *client)
{
    EVP_PKEY *key = make_key();
    X509 *certificate = X509_new();
    const bool made = key != NULL && certificate != NULL && fill(certificate, key) &&
                      SSL_CTX_use_certificate(server, certificate) == 1 &&
                      SSL_CTX_use_PrivateKey(server, key) == 1 &&
                      X509_STORE_add_cert(SSL_CTX_get_cert_store(client), certificate) == 1;

    SSL_CTX_set_verify(client, SSL_VERIFY_PEER, NULL);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return made;
}

bool drill_tls_prepare(SSL *ssl, int64_t wall_seconds)
{
    X509_VERIFY_PARAM_set_time(SSL_get0_param(ssl), wall_seconds);
    return SSL_set1_host(ssl, NAME) == 1;
}
