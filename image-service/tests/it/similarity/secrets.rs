//! What must not leave the service, does not: the embedder is the one who would see it.

use fixtures::{
    peers::{EmbeddingServer, Recipe},
    system::System,
};
use serde_json::json;

use super::world::{index, like_text, load, search};

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_a_config_is_in_a_document() {
    let embedder = EmbeddingServer::start().await;
    let system = System::with_config(&embedder.config("")).await;
    let mut recipe = Recipe::plain("leaky");
    recipe.config["config"] = json!({
        "Env": [
            "DB_PASSWORD=hunter2", "API_KEY=hunter2a", "githubToken=hunter2b", "PLAIN=visible",
            "DATABASE_URL=postgres://me:hunter2c@db.example.com/shop", "LICENSE=AKIAHUNTER2DABCDEFGHIJ0123",
            "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYhunter2e",
        ],
        "Entrypoint": ["run", "--db-password", "hunter2f", "--more=hunter2g"],
        "Cmd": ["--with", "hunter2", "curl", "-u", "me:hunter2h"],
        "Labels": { "deploy.token": "hunter2i", "note": "the password is hunter2j", "team": "web" },
    });
    recipe.config["history"] = json!([
        { "created_by": "ENV DB_PASSWORD=hunter2 and more hunter2k" },
        { "created_by": "|1 NPM_TOKEN=hunter2l /bin/sh -c npm install" },
        { "created_by": "RUN curl https://me:hunter2m@example.com/x?apikey=hunter2n # buildkit", "comment": "secret hunter2o" },
    ]);
    load(&system, &[(&recipe, &["leaky:1"])]).await;
    index(&system, "").await.unwrap();
    search(&system, like_text("visible")).await.unwrap();
    let sent =
        embedder.requests().into_iter().flat_map(|request| request.input).collect::<Vec<_>>().join("\n");
    assert!(!sent.to_lowercase().contains("hunter2"), "{sent}");
    for word in ["db password", "api key", "plain visible", "deploy token", "team web", "run"] {
        assert!(sent.contains(word), "{word} is missing from {sent}");
    }
}
