/** `node:util`, of which only old packages for Node.js need a part. */
export default {};
